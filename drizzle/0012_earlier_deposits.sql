-- Finds what an earlier release booked, and nothing once it was gathered: drizzle/concurrently/deposits_earlier.sql builds it.
select true;
