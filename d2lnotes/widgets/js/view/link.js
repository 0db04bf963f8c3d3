// State in a link: #conv-explorer?stride=2&padding=1, for the first such explorer of the page;
// #conv-explorer-2?… for the second. A link only ever sets known fields to checked values.

const TEXT = {
  intro: "这条链接没有生效：",
  unknown: (name) => `没有叫“${name}”的设置。`,
  fault: (name, text, fault) => `${name}=${text} 不对，${fault}。`,
  broken: "它的编码不完整。",
};

const short = (text) => (text.length > 30 ? `${text.slice(0, 30)}…` : text);

/** { target, query } of a link's hash; null when it is no explorer's. */
export function splitHash(hash) {
  const match = /^#([a-z]+(?:-[a-z]+)*-explorer(?:-\d+)?)\?(.*)$/s.exec(hash);
  return match && { target: match[1], query: match[2] };
}

/** What a query sets, as { patch: { name: value } }, or { fault }, a sentence for the reader. */
export function readQuery(query, fields) {
  try {
    return { patch: parseQuery(query, fields) };
  } catch (error) {
    return { fault: error.message };
  }
}

function parseQuery(query, fields) {
  const fail = (...parts) => {
    throw new Error(TEXT.intro + parts.join(""));
  };
  const patch = {};
  for (const part of query.split("&").filter(Boolean)) {
    const at = part.indexOf("=");
    let name, text;
    try {
      [name, text] = [part.slice(0, Math.max(at, 0)), part.slice(at + 1)].map(decodeURIComponent);
    } catch {
      fail(TEXT.broken);
    }
    if (!Object.hasOwn(fields, name)) fail(TEXT.unknown(short(name || text)));
    const value = fields[name].parse(text);
    const fault = fields[name].fault(value);
    if (fault) fail(TEXT.fault(name, short(text), fault));
    patch[name] = value;
  }
  return patch;
}

/** Percent-encoding that leaves alone what a hash may hold and a reader can read. */
const encode = (text) => encodeURIComponent(text).replace(/%3A/g, ":").replace(/%2C/g, ",");

/** "stride=2&padding=1": every field whose value is not its usual one and follows from no other field. */
export function formatQuery(state, usual, fields) {
  const differs = (name) => JSON.stringify(state[name]) !== JSON.stringify(usual[name]);
  const pairs = Object.keys(fields).filter((name) => name in state && !fields[name].isDerived && differs(name));
  return pairs.map((name) => `${name}=${encode(fields[name].format(state[name]))}`).join("&");
}
