/** What a repayment can pay. The order comes from the product or from `DEFAULT_ORDER`, not from this list. */
export const COMPONENTS = ['penalty', 'fee', 'interest', 'principal'] as const;
export type Component = (typeof COMPONENTS)[number];

/** What a repayment pays first, second and so on: each component once. A product sets it, and a loan keeps its product's. */
export type AllocationOrder = readonly Component[];

/** The order where a product sets none: docs/lending.md promises it to borrowers, decision 9 has the reasons. */
export const DEFAULT_ORDER: AllocationOrder = ['penalty', 'fee', 'interest', 'principal'];

/**
 * What a repayment pays, in turn: first what is due, component by component, oldest instalment first; then what is not due yet, instalment by instalment. Arrears of
 * interest are thus paid before principal.
 */
export const inTurn = <Instalment>(
  order: AllocationOrder,
  due: readonly Instalment[],
  later: readonly Instalment[],
): [Component, Instalment][] => [
  ...order.flatMap((component) => due.map((instalment): [Component, Instalment] => [component, instalment])),
  ...later.flatMap((instalment) => order.map((component): [Component, Instalment] => [component, instalment])),
];
