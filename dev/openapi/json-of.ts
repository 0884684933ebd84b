/** What `JSON.stringify` makes of a value. A property that may be undefined may be missing. */
export type JsonOf<T> = unknown extends T
  ? T
  : T extends { toJSON(...never: never[]): infer J }
    ? JsonOf<J>
    : T extends string | number | boolean | null
      ? T
      : T extends readonly (infer E)[]
        ? JsonOf<E>[]
        : T extends object
          ? {
              [K in keyof T as [T[K]] extends [undefined] ? never : K]-?:
                | JsonOf<Exclude<T[K], undefined>>
                | (undefined extends T[K] ? Missing : object extends Pick<T, K> ? Missing : never);
            }
          : never;

/** Stands for a property that is not there. */
type Missing = { readonly missing: unique symbol };

/** `Json`, but where it is any text, the texts that `Shape` names there: a shape may say more exactly which words an answer has. */
type Sharpened<Json, Shape> = unknown extends Json
  ? Shape
  : Json extends string
    ? string extends Json
      ? Extract<Shape, string>
      : Json
    : Json extends readonly (infer E)[]
      ? Sharpened<E, Shape extends readonly (infer F)[] ? F : never>[]
      : Json extends Missing
        ? Json
        : Json extends object
          ? { [K in keyof Json]: Sharpened<Json[K], Shape extends object ? (K extends keyof Shape ? Shape[K] : never) : never> }
          : Json;

/** Nothing to object to if a shape is that of a value as JSON: each of its properties, and no others. Else what both are, for the compiler to show. */
export type Agreement<Value, Shape> = [Value] extends [never]
  ? unknown
  : JsonOf<Shape> extends JsonOf<Value>
    ? Sharpened<JsonOf<Value>, JsonOf<Shape>> extends JsonOf<Shape>
      ? unknown
      : { answer: { shapeLacks: Exclude<JsonOf<Value>, JsonOf<Shape>>; shape: JsonOf<Shape> } }
    : { answer: { shapeHasMore: Exclude<JsonOf<Shape>, JsonOf<Value>>; value: JsonOf<Value> } };
