#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "worker.h"

#define LANDLOCK_CREATE 444
#define LANDLOCK_VERSION 1U

void
seki_sandbox_offers(struct seki_sandbox_offer *o)
{
	uint32_t act = SECCOMP_RET_KILL_PROCESS;
	long abi = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION);

	o->landlock = abi > 0 ? (int)abi : 0;
	o->seccomp =
	    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &act) == 0;
}
