import type { Config, Context } from '@netlify/functions';
import type * as z from 'zod';
import type { AsItStands, PdfFile, Replay, Sheet } from '#ground/answers.ts';
import type { ErrorCode } from '#ground/errors.ts';
import type { Endpoint } from '#http/endpoint.ts';
import type { Agreement } from './json-of.ts';

/** The shape of an answer, or, where its status tells different things, of the answer with each status; `pdf` where it is a document. */
export type Answer = z.ZodType | { readonly [status: number]: z.ZodType } | 'pdf';

/** What a function's file does not say about it. Path, method, rights, input and the status of a success are read from the file. */
export type Words<A extends Answer = Answer> = {
  /** In an imperative, without a full stop: the line in a list of all. */
  summary: string;
  /** What a caller has to know besides, in Markdown. */
  description?: string;
  answer: A;
  /** The problems of its own; those that any function has are added (common-problems.ts). */
  problems?: readonly ErrorCode[];
  /** Whether it keeps its answer for an Idempotency-Key. */
  takesKey?: true;
  /** What a repeated request whose answer was lost gets with 200, as things stand now, where that has another shape. */
  standsAs?: z.ZodType;
};

/** A function that callers ask. */
export type Operation = Words & { load(): Promise<{ default: Endpoint<z.ZodType, object>; config: Config }> };

type Handler = (request: Request, context: Context) => Promise<Response>;

/** A function that Safaricom, the clock or we ourselves call. */
export type OwnFunction = Omit<Words, 'problems' | 'takesKey' | 'standsAs'> & { load(): Promise<{ default: Handler; config: Config }> };

/** The functions of one part of the product, by operationId: the name of the file in camelCase. */
export type Part = { tag: string; about: string; operations: Record<string, Operation>; ownFunctions?: Record<string, OwnFunction> };

type OutputOf<A extends Answer> =
  A extends z.ZodType<infer O> ? O : A extends { readonly [status: number]: z.ZodType<infer O> } ? O : never;

/** Describes a function. The compiler holds the shape of its answer to what its verb returns. */
export function operation<Input extends z.ZodType, Value extends object, const A extends Answer>(
  load: () => Promise<{ default: Endpoint<Input, Value>; config: Config }>,
  words: Words<A> & Agreement<Exclude<Value, Sheet | PdfFile | Replay | AsItStands>, OutputOf<A>>,
): Operation {
  return { ...(words as Words<A>), load: load as unknown as Operation['load'] };
}
