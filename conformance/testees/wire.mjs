// Frames of the protocol, for both ends of a connection. Must not know descriptors, nor who speaks.
import { freeze, thaw } from './lists.mjs';

export const isAsync = process.env.FORKPOOL_MODE === 'async';
const isLittle = process.env.FORKPOOL_PROFILE === 'native' && new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const bytesMax = Number(process.env.FORKPOOL_FRAME_MAX || 256 << 20);

export class Fault extends Error {
	constructor(kind, text) {
		super(text);
		this.kind = kind; // length, payload
	}
}

export function frame(id, items, withId = true) {
	const payload = freeze(items), head = Buffer.alloc(withId ? 8 : 4);
	if (payload.length > bytesMax) throw new Fault('length', 'a list is too long to be sent');
	const put = isLittle ? 'writeUInt32LE' : 'writeUInt32BE';
	if (withId) head[put](id);
	head[put](payload.length, head.length - 4);
	return Buffer.concat([head, payload]);
}

// Gathers what arrives; next() takes the first frame off: { id, items }, or nothing while it is not complete.
export class Reader {
	chunks = [];
	length = 0; // of all chunks
	wanted = 0; // octets without which there is no use in looking

	constructor(withId = true) {
		this.head = withId ? 8 : 4;
	}
	push(octets) {
		this.chunks.push(octets);
		this.length += octets.length;
	}
	next() {
		if (this.length < Math.max(this.head, this.wanted)) return undefined;
		const all = this.chunks.length > 1 ? Buffer.concat(this.chunks) : this.chunks[0];
		const get = (at) => (isLittle ? all.readUInt32LE(at) : all.readUInt32BE(at));
		const length = get(this.head - 4), end = this.head + length;
		if (length > bytesMax) throw new Fault('length', `a frame of ${length} octets is longer than ${bytesMax}`);
		this.chunks = [all.length < end ? all : all.subarray(end)];
		this.wanted = all.length < end ? end : 0;
		this.length = this.chunks[0].length;
		if (all.length < end) return undefined;
		try {
			return { id: this.head === 8 ? get(0) : 1, items: thaw(all.subarray(this.head, end)) };
		} catch (e) {
			throw new Fault('payload', `a payload is not a list: ${e.message}`);
		}
	}
}
