import { dataAccess } from '#ground/config/config.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { addPerson, listAllPeople, type NewPerson } from '#people/people/manage-people.ts';
import { withDatabase } from './prepare-database.ts';

/** Somebody who can sign in to the local world: `phone` is as people write it. */
export type Staff = { id: string; name: string; role: 'treasurer' | 'admin'; phone: string };

const SAMPLE_PEOPLE: NewPerson[] = [
  { phone: '254720000001', name: 'Njeri Kamau', email: 'njeri@example.com', role: 'treasurer' },
  { phone: '254720000002', name: 'Otieno Ouma', email: 'otieno@example.com', role: 'admin' },
];

/** Gives an empty database a treasurer and an administrator, and returns all staff who can sign in, oldest first. The keys are read from this process's environment. */
export async function findStaff(databaseUrl: string): Promise<Staff[]> {
  installKeys(dataAccess().keys);
  return withDatabase(databaseUrl, async (db) => {
    if ((await listAllPeople(db)).length === 0)
      for (const person of SAMPLE_PEOPLE) await addPerson(db, person, { actor: 'sample', now: new Date() });
    return (await listAllPeople(db)).flatMap(({ id, name, role, phone, disabledAt }) =>
      role === 'member' || disabledAt ? [] : [{ id, name, role, phone: phone.replace(/^254(\d{3})(\d{3})(\d{3})$/, '0$1 $2 $3') }],
    );
  });
}
