/* How long to wait. See patience.h. */
#include "patience.h"

#include "process.h"

#define LOOKS_A_LIMIT 10
#define LOOKS_MAX (4 * LOOKS_A_LIMIT)

void fp_patience_renew(struct fp_patience *p, uint64_t limit_ns)
{
	*p = (struct fp_patience){.limit_ns = limit_ns, .deadline_ns = limit_ns == FP_NEVER_NS ? FP_NEVER_NS : fp_now_ns() + limit_ns};
}

/* What none of them has done between two looks none of them will do. */
bool fp_patience_is_over(struct fp_patience *p)
{
	if (fp_now_ns() < p->deadline_ns)
		return false;
	uint64_t before = p->stillness;
	p->stillness = fp_process_stillness();
	if (p->n_looks++ == LOOKS_MAX || (p->stillness && p->stillness == before))
		return true;
	p->deadline_ns = fp_now_ns() + p->limit_ns / LOOKS_A_LIMIT;
	return false;
}
