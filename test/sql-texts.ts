/** A file without its comments, which name what they like. */
export const codeOf = (file: string, source: string): string =>
  file.endsWith('.sql') ? source.replace(/--.*$/gm, '') : source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '');

/** How a statement begins in a string that no `sql` marks. */
const BEGINS =
  /^[\s(]*(with|select|insert|update|delete|merge|truncate|lock|table|copy|alter|create|drop|execute|WITH|SELECT|INSERT|UPDATE|DELETE)\s/;

/** A string or a template of a file, its holes as `${...}`, and whether `sql` or `sql.raw` stands before it. */
type Text = { text: string; mark: 'sql' | 'raw' | 'none' };

/** What stands before a string or a template. */
function markOf(code: string): Text['mark'] {
  const end = code.slice(-200);
  if (/\bsql\.raw\(\s*$/.test(end)) return 'raw';
  return /\bsql(<[^`]*>)?$/.test(end) ? 'sql' : 'none';
}

type Parts = { texts: Text[]; code: string };
const known = new Map<string, Parts>();

/** Takes TypeScript apart: each string and template, those in the holes of a template too, and the code around and in them, without what its templates say. */
export function takeApart(source: string): Parts {
  const parts = known.get(source) ?? scan(source);
  known.set(source, parts);
  return parts;
}

function scan(source: string): Parts {
  const texts: Text[] = [];
  const codes: string[] = [];
  const token = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|(?<=[(,=:!&|?[]\s?)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|[\s\S]/y; // or a pattern
  let at = 0;
  /** Reads a template to its end. */
  const template = (mark: Text['mark']) => {
    let text = '';
    while (at < source.length && source[at] !== '`') {
      if (source[at] === '\\') {
        text += ' ';
        at += 2;
      } else if (source.startsWith('${', at)) {
        at += 2;
        const [before = ''] = text.match(/\w*\s*$/) ?? [];
        const hole = codeToBrace();
        codes.push(`${before}\${${hole}}`);
        text += `\${${hole.replace(/[{}]/g, '')}}`;
      } else text += source[at++];
    }
    at += 1;
    texts.push({ text, mark });
  };
  /** Reads code to the brace that ends it. */
  const codeToBrace = (): string => {
    let shown = '';
    for (let braces = 0; at < source.length; ) {
      token.lastIndex = at;
      const [next = ''] = token.exec(source) ?? [];
      at += next.length;
      if (next === '{') braces += 1;
      if (next === '}' && braces-- === 0) return shown;
      if (next === '`') template(markOf(shown));
      else if (/^['"]./.test(next)) texts.push({ text: next.slice(1, -1).replace(/\\./g, ' '), mark: markOf(shown) });
      shown += next;
    }
    return shown;
  };
  while (at < source.length) codes.push(codeToBrace());
  return { texts, code: codes.join('\n') };
}

/** What of a file is SQL. In a `.sql` file strings are none, but for names of relations. */
export function sqlOf(file: string, source: string): Text[] {
  const code = codeOf(file, source);
  if (!file.endsWith('.sql')) return takeApart(code).texts.filter(({ text, mark }) => mark !== 'none' || BEGINS.test(text));
  const text = code.replace(/(to_regclass\(\s*)?'(?:[^']|'')*'(::regclass)?/g, (quoted, before, after) =>
    before || after ? quoted : "''",
  );
  return [{ text, mark: 'sql' }];
}
