// The calls of a parent: what was read is given to take, what is to be written goes to send. Must not know descriptors.
//
// The application is told by tell(word, tag or kind, items or text): result, event, failure, error, end.
import { Fault, frame, isAsync, Reader } from './wire.mjs';

const idMax = 0xffffffff;

export class Calls {
	outstanding = new Map(); // id: tag, in the order of the calls
	lastId = 0;
	isDropped = false;
	isOver = false;
	reader = new Reader();

	constructor(send, tell) {
		this.send = send;
		this.tell = tell;
	}
	call(tag, items) {
		let id = this.lastId;
		do id = (id % idMax) + 1; while (this.outstanding.has(id));
		try {
			if (this.isOver || this.isDropped) throw new Fault('closed', 'there are to be no more calls');
			const request = frame(id, items, isAsync);
			this.lastId = id;
			this.outstanding.set(id, tag);
			this.send(request);
		} catch {
			this.tell('failure', tag);
		}
	}
	take(octets) {
		if (this.isOver) return;
		this.reader.push(octets);
		try {
			for (let f; !this.isOver && (f = this.reader.next()); ) this.deliver(f.id, f.items);
		} catch (e) {
			this.fail(e.kind, e.message);
		}
	}
	deliver(id, items) {
		if (id === 0) return this.tell('event', '', items);
		const answered = isAsync ? id : this.outstanding.keys().next().value;
		const tag = this.outstanding.get(answered);
		if (tag === undefined) return this.fail('reply', 'a reply matches no call');
		this.outstanding.delete(answered);
		return this.tell('result', tag, items);
	}
	endOfFile() {
		if (this.reader.length) this.fail('eof', 'end of file inside a frame');
		else if (this.outstanding.size || !this.isDropped) this.fail('eof', 'end of file where none was due');
		else this.end();
	}
	// The first error is the last: nothing that comes after it can be trusted.
	fail(kind, text) {
		if (this.isOver) return;
		this.tell('error', kind, text);
		for (const tag of this.outstanding.values()) this.tell('failure', tag);
		this.end();
	}
	end() {
		if (this.isOver) return;
		this.isOver = true;
		this.tell('end');
	}
}
