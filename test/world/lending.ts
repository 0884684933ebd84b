import { ACCOUNTS, loanAccount, openAccount, savingsAccount } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { newReference } from '#ground/references/reference.ts';
import { keepStanding } from '#ground/references/standing-reference.ts';
import { addDays, addMonths, type Day, nairobiDay } from '#ground/time/nairobi.ts';
import { people } from '#people/people/people.schema.ts';
import { instalments, loanProducts, loans } from '#sacco/loans/loans.schema.ts';
import { memberAccounts, members } from '#sacco/members/members.schema.ts';
import { newPhone } from './checkout.ts';
import { sessionOf } from './person.ts';
import type { World } from './world.ts';

export type MadeMember = {
  id: string;
  personId: string;
  number: number;
  phone: string;
  accountId: string;
  savingsReference: string;
  headers: { authorization: string };
};

/** A member with a verified phone and a savings account, written past the functions; the header of their session. */
export async function makeMember(
  world: World,
  more: { name?: string; email?: string; language?: 'en' | 'sw'; role?: 'member' | 'treasurer' } = {},
): Promise<MadeMember> {
  const [id, personId, accountId, phone, now] = [newId(), newId(), newId(), newPhone(), world.clock.now()];
  const savingsReference = newReference('SV');
  const { name = 'Achieng Otieno', email = null, language = 'en', role = 'member' } = more;
  const number = await world.app.db.transaction(async (tx) => {
    await tx
      .insert(people)
      .values({ id: personId, phone, phoneHash: lookupHash(phone), name, email, role, phoneVerifiedAt: now, createdAt: now });
    const kyc = { nationalId: phone, nationalIdHash: lookupHash(`national-id:${phone}`), bornOn: '1990-01-01' };
    const [member] = await tx
      .insert(members)
      .values({ id, personId, ...kyc, language, joinedAt: now })
      .returning({ number: members.number });
    await tx.insert(memberAccounts).values({ id: accountId, memberId: id, kind: 'savings', reference: savingsReference, openedAt: now });
    await openAccount(tx, savingsAccount(accountId));
    await keepStanding(tx, { reference: savingsReference, kind: 'savings', subjectId: accountId, now });
    return member?.number ?? 0;
  });
  return { id, personId, number, phone, accountId, savingsReference, headers: await sessionOf(world, phone) };
}

export type ProductRow = typeof loanProducts.$inferInsert;

/** Ten weekly instalments without interest, no penalty, what is not due is saved; `changes` are columns of the product. */
export async function makeProduct(world: World, changes: Partial<ProductRow> = {}): Promise<ProductRow & { id: string }> {
  const row = {
    ...{
      id: newId(),
      code: `P${newId().slice(-12)}`,
      name: 'Small loan',
      method: 'flat',
      period: 'week',
      instalments: 10,
      interestBasisPoints: 0,
    },
    ...{ feeCents: 0n, feeBasisPoints: 0, feeCharged: 'deducted', graceDays: 0 },
    ...{
      penaltyKind: 'none',
      penaltyCents: 0n,
      penaltyBasisPoints: 0,
      penaltyFrequency: 'once',
      penaltyCapBasisPoints: null,
      inDuplum: true,
    },
    ...{ allocationOrder: ['penalty', 'fee', 'interest', 'principal'], excess: 'instalment', earlySettlement: 'all_interest' },
    ...{ minCents: 10_000n, maxCents: 100_000_000n, createdAt: world.clock.now() },
    ...changes,
  } as ProductRow & { id: string };
  await world.app.db.insert(loanProducts).values(row);
  return row;
}

export type MadeLoan = { id: string; reference: string; member: MadeMember; product: ProductRow & { id: string }; disbursedOn: Day };

/** An active loan of equal principals (interest per instalment as told), as if it had been paid out of the bank on a day; written past the functions. */
export async function makeLoan(
  world: World,
  loan: {
    member?: MadeMember;
    product?: ProductRow & { id: string };
    principalCents?: bigint;
    interestCents?: bigint;
    disbursedOn?: Day;
  } = {},
): Promise<MadeLoan> {
  const now = world.clock.now();
  const member = loan.member ?? (await makeMember(world));
  const product = loan.product ?? (await makeProduct(world));
  const { principalCents = 500_000n, interestCents = 0n, disbursedOn = nairobiDay(now) } = loan;
  const [id, reference] = [newId(), newReference('LN')];
  const n = product.instalments;
  const part = principalCents / BigInt(n);
  await world.app.db.transaction(async (tx) => {
    const applied = { memberId: member.id, productId: product.id, principalCents, feeCents: 0n, appliedAt: now };
    await tx.insert(loans).values({ id, reference, ...applied, state: 'active', disbursedOn, workedOutTo: disbursedOn });
    await tx.insert(instalments).values(
      Array.from({ length: n }, (_, at) => ({
        ...{
          loanId: id,
          number: at + 1,
          dueOn: product.period === 'week' ? addDays(disbursedOn, 7 * (at + 1)) : addMonths(disbursedOn, at + 1),
        },
        ...{ principalCents: at + 1 < n ? part : principalCents - part * BigInt(n - 1), interestCents, feeCents: 0n },
      })),
    );
    await openAccount(tx, loanAccount(id));
    await transfer(tx, {
      ...{ kind: 'payout_paid', sourceId: `test:${id}`, bookedAt: now },
      legs: [{ debit: loanAccount(id), credit: ACCOUNTS.bank, amountCents: principalCents }],
    });
    await keepStanding(tx, { reference, kind: 'loan', subjectId: id, now });
  });
  return { id, reference, member, product, disbursedOn };
}
