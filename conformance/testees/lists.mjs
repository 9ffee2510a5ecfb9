// Lists of items as payloads, in both serialisers. Must not know frames.
//
// An item is a Buffer, or with json any value. Others are written as their text.
const isJson = process.env.FORKPOOL_SERIALISER === 'json';
const depthMax = 512; // of nested JSON
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const octets = (item) => (Buffer.isBuffer(item) ? item : Buffer.from(String(item)));

const ber = (number) => {
	const groups = [number % 128];
	while ((number = Math.floor(number / 128)) > 0) groups.unshift(number % 128 | 0x80);
	return Buffer.from(groups);
};

// A number as it was written. JSON.rawJSON would do, but in this Node spoils what stands beside characters above FF.
class Numeral {
	constructor(text) { this.text = text; }
	toString() { return this.text; }
}

function json(value) {
	if (Array.isArray(value)) return `[${value.map(json)}]`;
	if (value instanceof Numeral) return value.text;
	if (value === null || typeof value !== 'object') return JSON.stringify(value);
	return `{${Object.entries(value).map(([name, of]) => `${JSON.stringify(name)}:${json(of)}`)}}`;
}

export const freeze = (items) =>
	isJson ? Buffer.from(json(items)) : Buffer.concat(items.map(octets).flatMap((i) => [ber(i.length), i]));

function thawStrings(payload) {
	const items = [];
	for (let at = 0, length; at < payload.length; at += length) {
		let more = 0x80;
		for (length = 0; more && at < payload.length && length <= payload.length; at++) {
			length = length * 128 + (payload[at] & 0x7f);
			more = payload[at] & 0x80;
		}
		if (more || length > payload.length - at) throw new Error('an item goes on beyond the end');
		items.push(payload.subarray(at, at + length));
	}
	return items;
}

const depth = (value) =>
	value && typeof value === 'object' && !(value instanceof Numeral)
		? 1 + Object.values(value).reduce((most, v) => Math.max(most, depth(v)), 0) : 0;

// Integers that a double cannot hold stay as they are written, where this Node can do that.
function revive(key, value, context) {
	if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) throw new Error('half a surrogate pair');
	return typeof value === 'number' && context && !Number.isSafeInteger(value) ? new Numeral(context.source) : value;
}

function thawJson(payload) {
	const items = JSON.parse(utf8.decode(payload), revive);
	if (!Array.isArray(items) || depth(items) > depthMax) throw new Error('not an array');
	return items;
}

// Throws where it is no list.
export const thaw = (payload) => (isJson ? thawJson(payload) : thawStrings(payload));
