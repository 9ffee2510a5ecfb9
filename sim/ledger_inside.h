/* What the files of the ledger share. For them alone. */
#ifndef FP_SIM_LEDGER_INSIDE_H
#define FP_SIM_LEDGER_INSIDE_H

#include "ledger.h"

void sim_ledger_touch(struct sim_ledger *l, struct sim_witness *w);
void sim_ledger_count(struct sim_ledger *l, struct sim_witness *w); /* anew, after anything changed */
void sim_ledger_came(struct sim_ledger *l, struct sim_witness *w);  /* its next frame, to the application */

#endif
