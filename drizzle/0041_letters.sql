-- Until now people replayed dead letters by SQL, and could give none of them up for good.
ALTER TABLE "outbox" ADD COLUMN "discarded_at" timestamp with time zone;
