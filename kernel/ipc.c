// SPDX-License-Identifier: MIT
/*
 * ipc - System V shared memory.
 *
 *	key -> segment (id) -> shmem	the pages, like those of MAP_SHARED
 *			^
 *		     attach		one for each shmat(): what areas show
 *
 * A segment lives until it has been removed (IPC_RMID) and nobody has it
 * attached.  Who is attached is not counted: an attach is an opening like that
 * of a file, held by its areas, and its last reference is the last detach,
 * whether that is shmdt(), munmap(), exec or exit.  A child has what its
 * parent has, by the areas that fork() copies.
 *
 * How often a segment is attached, to its users, is the number of areas that
 * show it; so areas of an attach never join (VM_NOJOIN), as on Linux.
 *
 * An id is a place in the table and, above it, a sequence number, so that an
 * old id does not name a new segment in the same place.
 *
 * Locking: ipc_lock, below an mm->lock.  Nothing under it touches user memory.
 * Semaphores and message queues: there are none, ENOSYS.
 */
#include "kernel/ipc.h"

#include "drivers/time.h"
#include "fs/cred.h"
#include "fs/seq.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/account.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
#include "mm/mmap.h"
#include "mm/shmem.h"
#include "x86/uaccess.h"

#define IPC_PRIVATE	0
#define IPC_CREAT	01000
#define IPC_EXCL	02000
#define IPC_RMID	0
#define IPC_SET		1
#define IPC_STAT	2
#define IPC_INFO	3
#define IPC_64		0x100		/* of a command: the larger structs */
#define SHM_LOCK	11
#define SHM_UNLOCK	12
#define SHM_STAT	13
#define SHM_INFO	14
#define SHM_STAT_ANY	15
#define SHM_HUGETLB	04000
#define SHM_NORESERVE	010000
#define SHM_RDONLY	010000
#define SHM_RND		020000
#define SHM_REMAP	040000
#define SHM_EXEC	0100000
#define SHM_DEST	01000		/* of a mode: removed, still attached */
#define SHM_LOCKED	02000
#define S_IRUGO		0444
#define S_IWUGO		0222
#define S_IXUGO		0111

#define SEQ_SHIFT	15		/* of an id */
#define SEQ_MAX		(0x7fffffff >> SEQ_SHIFT)
#define MIN_CYCLE	64		/* places that are used in turn */

struct segment {
	uint32_t key, uid, gid, cuid, cgid, mode;
	int	 id;
	uint32_t size;			/* bytes, as asked for */
	uint32_t nr_attaches;		/* openings */
	uint32_t atime, dtime, ctime;
	int	 cpid, lpid;
	struct vm_file *memory;		/* of shmem_create() */
};

struct attach {
	struct vm_file file;
	struct segment *segment;
};

uint32_t ipc_shmmax = 0xfeffffff, ipc_shmall = 0xfeffffff;
int32_t ipc_shmmni = 4096;

/* Guarded by ipc_lock. */
static struct mutex ipc_lock = MUTEX_INIT(ipc_lock);
static struct segment **table;		/* by place; NULL: free */
static int table_size, nr_segments, last_place = -1;
static uint32_t last_seq, nr_pages_all;

static uint32_t now(void)
{
	return div64_32(time_realtime_ns(), NSEC_PER_SEC, NULL);
}

static int pid(void)
{
	return current_task() ? current_process()->pid : 0;
}

static const struct cred *cred(void)
{
	return current_task()->cred;
}

static uint32_t nr_pages_of(const struct segment *segment)
{
	return DIV_ROUND_UP(segment->size, PAGE_SIZE);
}

/* ----------------------------------------------------------------- rights */

static bool is_owner(const struct segment *segment)
{
	uint32_t uid = cred()->euid;

	return uid == segment->uid || uid == segment->cuid;
}

/* May the caller do what @flags ask for, in any of its three groups? */
static bool is_allowed(const struct segment *segment, uint32_t flags)
{
	uint32_t asked = flags >> 6 | flags >> 3 | flags;
	uint32_t granted = segment->mode;

	if (is_owner(segment))
		granted >>= 6;
	else if (cred_in_group(cred(), segment->cgid) ||
		 cred_in_group(cred(), segment->gid))
		granted >>= 3;
	return !(asked & ~granted & 7) || cred()->euid == 0;
}

/* --------------------------------------------------------------- segments */

static struct segment *find_id(int id)
{
	int place = id & ((1 << SEQ_SHIFT) - 1);

	if (id < 0 || place >= table_size || !table[place])
		return NULL;
	return table[place]->id == id ? table[place] : NULL;
}

static struct segment *find_key(uint32_t key)
{
	for (int i = 0; i < table_size; i++)
		if (table[i] && table[i]->key == key)
			return table[i];
	return NULL;
}

static int grow_table(int size)
{
	struct segment **new;

	if (size <= table_size)
		return 0;
	new = kzalloc(size * sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	if (table_size)
		memcpy(new, table, table_size * sizeof(*new));
	kfree(table);
	table = new;
	table_size = size;
	return 0;
}

/* Linux's way: places in turn, of half as many again as are in use. */
static int choose_place(void)
{
	int limit = max(nr_segments * 3 / 2, MIN_CYCLE), place;

	if (nr_segments >= ipc_shmmni)
		return -ENOSPC;
	limit = max(min(limit, (int)ipc_shmmni), nr_segments + 1);
	if (grow_table(limit))
		return -ENOMEM;
	for (int i = 1; i <= limit; i++) {
		place = (last_place + i) % limit;
		if (!table[place])
			return place;
	}
	return -ENOSPC;
}

static void forget(struct segment *segment)
{
	table[segment->id & ((1 << SEQ_SHIFT) - 1)] = NULL;
	nr_segments--;
	nr_pages_all -= nr_pages_of(segment);
	if (nr_segments == 0) {
		kfree(table);
		table = NULL;
		table_size = 0;
	}
}

/* Removed by now, and nobody can find it. */
static void destroy(struct segment *segment)
{
	vm_file_put(segment->memory);
	kfree(segment);
}

static struct segment *create(uint32_t key, uint32_t size, uint32_t flags)
{
	bool prepaid = !(flags & SHM_NORESERVE) ||
		       vm_overcommit_memory == OVERCOMMIT_NEVER;
	struct segment *segment = kzalloc(sizeof(*segment), GFP_KERNEL);

	if (!segment)
		return NULL;
	segment->key = key;
	segment->size = size;
	segment->mode = flags & 0777;
	segment->uid = cred()->euid;
	segment->cuid = cred()->euid;
	segment->gid = cred()->egid;
	segment->cgid = cred()->egid;
	segment->ctime = now();
	segment->cpid = pid();
	segment->memory = shmem_create(nr_pages_of(segment), prepaid);
	if (segment->memory)
		return segment;
	kfree(segment);
	return NULL;
}

static int add(uint32_t key, uint32_t size, uint32_t flags)
{
	uint32_t nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);
	struct segment *segment;
	int place;

	if (size == 0 || size > ipc_shmmax)
		return -EINVAL;
	if (nr_pages_all + nr_pages > ipc_shmall ||
	    nr_segments >= ipc_shmmni)
		return -ENOSPC;
	if (flags & SHM_HUGETLB)
		return -ENOMEM;
	segment = create(key, size, flags);
	if (!segment)
		return -ENOMEM;
	place = choose_place();
	if (place < 0) {
		destroy(segment);
		return place;
	}

	/* From here on nothing fails. */
	if (place <= last_place)
		last_seq = last_seq == SEQ_MAX ? 0 : last_seq + 1;
	last_place = place;
	segment->id = (int)(last_seq << SEQ_SHIFT) | place;
	segment->memory->mapping->inode = segment->id;
	table[place] = segment;
	nr_segments++;
	nr_pages_all += nr_pages;
	return segment->id;
}

static int get_locked(uint32_t key, uint32_t size, uint32_t flags)
{
	const struct segment *segment = key == IPC_PRIVATE ? NULL :
		find_key(key);

	if (!segment)
		return key == IPC_PRIVATE || flags & IPC_CREAT ?
			add(key, size, flags) : -ENOENT;
	if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	if (size > segment->size)
		return -EINVAL;
	return is_allowed(segment, flags) ? segment->id : -EACCES;
}

static long shmget(uint32_t key, uint32_t size, uint32_t flags)
{
	int id;

	mutex_lock(&ipc_lock);
	id = get_locked(key, size, flags);
	mutex_unlock(&ipc_lock);
	return id;
}

/* --------------------------------------------------------------- attaches */

static struct attach *to_attach(struct vm_file *file)
{
	return container_of(file, struct attach, file);
}

static void attach_shown(struct vm_file *file, bool comes)
{
	struct segment *segment = to_attach(file)->segment;

	mutex_lock(&ipc_lock);
	*(comes ? &segment->atime : &segment->dtime) = now();
	segment->lpid = pid();
	mutex_unlock(&ipc_lock);
}

static void attach_release(struct vm_file *file)
{
	struct attach *attach = to_attach(file);
	struct segment *segment = attach->segment;
	bool last;

	mutex_lock(&ipc_lock);
	last = --segment->nr_attaches == 0 && segment->mode & SHM_DEST;
	if (last)
		forget(segment);
	mutex_unlock(&ipc_lock);
	if (last)
		destroy(segment);
	kfree(attach);
}

static size_t attach_name(struct vm_file *file, char *buf, size_t size)
{
	char name[32];
	size_t length = snprintf(name, sizeof(name), "/SYSV%08x (deleted)",
				 to_attach(file)->segment->key);

	memcpy(buf, name, min(size, length));
	return length;
}

static const struct vm_file_ops attach_ops = {
	.release = attach_release, .name = attach_name, .shown = attach_shown,
};

/* A new opening of segment @id.  Return: 0; -EINVAL, -EACCES, -ENOMEM. */
static int attach_open(int id, uint32_t access, struct attach **out)
{
	struct attach *attach = kmalloc(sizeof(*attach), GFP_KERNEL);
	struct segment *segment;
	int err = 0;

	mutex_lock(&ipc_lock);
	segment = find_id(id);
	if (!segment)
		err = -EINVAL;
	else if (!is_allowed(segment, access))
		err = -EACCES;
	else if (!attach)
		err = -ENOMEM;
	else
		segment->nr_attaches++;
	mutex_unlock(&ipc_lock);
	if (err) {
		kfree(attach);
		return err;
	}
	attach->segment = segment;
	attach->file = (struct vm_file){
		.refs = 1, .may_write = access & S_IWUGO,
		.mapping = segment->memory->mapping, .ops = &attach_ops,
		.area_flags = VM_NOJOIN,
	};
	*out = attach;
	return 0;
}

/* shmat(); the address goes to *@at. */
static int shmat(int id, uint32_t addr, uint32_t flags, uint32_t *at)
{
	int prot = PROT_READ, map_flags = MAP_SHARED, err;
	uint32_t access = S_IRUGO;
	struct attach *attach;
	long result;

	if (addr % PAGE_SIZE) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr &= PAGE_MASK;
		if (!addr && flags & SHM_REMAP)
			return -EINVAL;
		map_flags |= MAP_FIXED;
	} else if (addr) {
		map_flags |= MAP_FIXED;
	} else if (flags & SHM_REMAP) {
		return -EINVAL;
	}
	if (!(flags & SHM_RDONLY)) {
		prot |= PROT_WRITE;
		access |= S_IWUGO;
	}
	if (flags & SHM_EXEC) {
		prot |= PROT_EXEC;
		access |= S_IXUGO;
	}
	err = attach_open(id, access, &attach);
	if (err)
		return err;
	if (addr && !(flags & SHM_REMAP))
		map_flags |= MAP_FIXED_NOREPLACE;
	result = mm_mmap(current_task()->mm, addr, attach->segment->size, prot,
			 map_flags, &attach->file, 0);
	vm_file_put(&attach->file);
	if (result == -EEXIST)
		return -EINVAL;
	if ((uint32_t)result > -4096u)
		return result;
	*at = result;
	return 0;
}

static long shmdt(uint32_t addr)
{
	if (addr % PAGE_SIZE)
		return -EINVAL;
	return mm_detach(current_task()->mm, addr, &attach_ops);
}

/* ---------------------------------------------------------------- control */
/*
 * What goes to user memory, in the layouts of i386: those of 1991 with ids of
 * 16 bits, and those that IPC_64 asks for.
 */

struct shmid64 {
	uint32_t key, uid, gid, cuid, cgid;
	uint16_t mode, pad1, seq, pad2;
	uint32_t unused1, unused2;
	uint32_t size, atime, atime_high, dtime, dtime_high, ctime, ctime_high;
	int32_t	 cpid, lpid;
	uint32_t nr_attaches, unused3, unused4;
};

struct shmid_old {
	uint32_t key;
	uint16_t uid, gid, cuid, cgid, mode, seq;
	uint32_t size, atime, dtime, ctime;
	uint16_t cpid, lpid, nr_attaches, unused;
	uint32_t unused2, unused3;
};

struct shminfo64 {
	uint32_t max, min, mni, seg, all, unused[4];
};

struct shm_info {
	uint32_t used_ids, total, rss, swapped, attempts, successes;
};

static_assert(sizeof(struct shmid64) == 84 && sizeof(struct shmid_old) == 48,
	      "as on Linux i386");

static uint16_t short_id(uint32_t id)
{
	return id > 0xffff ? 65534 : id;
}

static uint32_t nr_shown(const struct segment *segment)
{
	return READ_ONCE(segment->memory->mapping->nr_vmas);
}

static void fill(const struct segment *s, struct shmid64 *out)
{
	memset(out, 0, sizeof(*out));
	out->key = s->key;
	out->uid = s->uid;
	out->gid = s->gid;
	out->cuid = s->cuid;
	out->cgid = s->cgid;
	out->mode = s->mode;
	out->seq = s->id >> SEQ_SHIFT;
	out->size = s->size;
	out->atime = s->atime;
	out->dtime = s->dtime;
	out->ctime = s->ctime;
	out->cpid = s->cpid;
	out->lpid = s->lpid;
	out->nr_attaches = nr_shown(s);
}

static int put_shmid(uint32_t to, const struct shmid64 *s, bool is_64)
{
	struct shmid_old old = {
		.key = s->key, .uid = short_id(s->uid), .gid = short_id(s->gid),
		.cuid = short_id(s->cuid), .cgid = short_id(s->cgid),
		.mode = s->mode, .seq = s->seq,
		.size = min(s->size, 0x7fffffffu), .atime = s->atime,
		.dtime = s->dtime, .ctime = s->ctime, .cpid = s->cpid,
		.lpid = s->lpid, .nr_attaches = s->nr_attaches,
	};
	size_t left = is_64 ? copy_to_user(to, s, sizeof(*s)) :
		copy_to_user(to, &old, sizeof(old));

	return left ? -EFAULT : 0;
}

/* SHM_STAT names a place of the table, IPC_STAT an id. */
static long shm_stat(int id, int command, uint32_t to, bool is_64)
{
	const struct segment *segment;
	struct shmid64 out;
	long result;

	mutex_lock(&ipc_lock);
	segment = command == IPC_STAT ? find_id(id) :
		id < table_size ? table[id] : NULL;
	if (!segment) {
		result = -EINVAL;
	} else if (command != SHM_STAT_ANY && !is_allowed(segment, S_IRUGO)) {
		result = -EACCES;
	} else {
		fill(segment, &out);
		result = command == IPC_STAT ? 0 : segment->id;
	}
	mutex_unlock(&ipc_lock);
	if (result < 0)
		return result;
	return put_shmid(to, &out, is_64) ? -EFAULT : result;
}

/* The highest place in use, or 0. */
static int highest(void)
{
	int place = table_size - 1;

	while (place > 0 && !table[place])
		place--;
	return max(place, 0);
}

static long shm_limits(uint32_t to, bool is_64)
{
	const struct shminfo64 info = {
		.max = ipc_shmmax, .min = 1, .mni = ipc_shmmni,
		.seg = ipc_shmmni, .all = ipc_shmall,
	};
	struct shminfo64 old = info;

	old.max = min(info.max, 0x7fffffffu);
	old.all = info.all;
	if (is_64 ? copy_to_user(to, &info, sizeof(info)) :
	    copy_to_user(to, &old, 5 * sizeof(uint32_t)))
		return -EFAULT;
	return highest();
}

static long shm_usage(uint32_t to)
{
	struct shm_info info = { 0 };
	long result;

	mutex_lock(&ipc_lock);
	info.used_ids = nr_segments;
	info.total = nr_pages_all;
	for (int i = 0; i < table_size; i++)
		if (table[i])
			info.rss += table[i]->memory->mapping->nr_pages;
	result = highest();
	mutex_unlock(&ipc_lock);
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : result;
}

static void set_owner(struct segment *segment, const struct shmid64 *from)
{
	segment->uid = from->uid;
	segment->gid = from->gid;
	segment->mode = (segment->mode & ~0777) | (from->mode & 0777);
	segment->ctime = now();
}

/* What only the owner may; @from: of IPC_SET. */
static long shm_change(int id, int command, const struct shmid64 *from)
{
	struct segment *segment, *gone = NULL;
	long err = 0;

	mutex_lock(&ipc_lock);
	segment = find_id(id);
	if (!segment) {
		err = -EINVAL;
	} else if (!is_owner(segment) && cred()->euid != 0) {
		err = -EPERM;
	} else if (command == IPC_SET) {
		set_owner(segment, from);
	} else if (command == SHM_LOCK) {
		if (mm_can_lock(current_task()->mm))
			segment->mode |= SHM_LOCKED;
		else
			err = -EPERM;
	} else if (command == SHM_UNLOCK) {
		segment->mode &= ~SHM_LOCKED;
	} else if (segment->nr_attaches) {
		segment->mode |= SHM_DEST;
		segment->key = IPC_PRIVATE;
	} else {
		forget(segment);
		gone = segment;
	}
	mutex_unlock(&ipc_lock);
	if (gone)
		destroy(gone);
	return err;
}

/* What IPC_SET sets. */
static int get_shmid(uint32_t from, struct shmid64 *out, bool is_64)
{
	struct shmid_old old;

	if (is_64)
		return copy_from_user(out, from, sizeof(*out)) ? -EFAULT : 0;
	if (copy_from_user(&old, from, sizeof(old)))
		return -EFAULT;
	out->uid = old.uid;
	out->gid = old.gid;
	out->mode = old.mode;
	return 0;
}

static long shmctl(int id, int command, uint32_t buf, bool is_64)
{
	struct shmid64 from;

	if (id < 0 || command < 0)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
		return shm_limits(buf, is_64);
	case SHM_INFO:
		return shm_usage(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shm_stat(id, command, buf, is_64);
	case IPC_SET:
		if (get_shmid(buf, &from, is_64))
			return -EFAULT;
		/* fall through */
	case IPC_RMID:
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shm_change(id, command, &from);
	default:
		return -EINVAL;
	}
}

/* ------------------------------------------------------------------ calls */

long sys_shmget(struct trap_frame *frame)
{
	return shmget(frame->ebx, frame->ecx, frame->edx);
}

long sys_shmctl(struct trap_frame *frame)
{
	return shmctl(frame->ebx, frame->ecx, frame->edx, true);
}

long sys_shmat(struct trap_frame *frame)
{
	uint32_t at;
	long err = shmat(frame->ebx, frame->ecx, frame->edx, &at);

	return err ? err : (long)at;
}

long sys_shmdt(struct trap_frame *frame)
{
	return shmdt(frame->ebx);
}

/* ipc(call, first, second, third, pointer): the one number of old. */
long sys_ipc(struct trap_frame *frame)
{
	uint32_t version = frame->ebx >> 16, at;
	long err;

	switch (frame->ebx & 0xffff) {
	case 21:
		if (version == 1)
			return -EINVAL;
		err = shmat(frame->ecx, frame->edi, frame->edx, &at);
		if (err)
			return err;
		return put_user_u32(frame->esi, at) ? -EFAULT : 0;
	case 22:
		return shmdt(frame->edi);
	case 23:
		return shmget(frame->ecx, frame->edx, frame->esi);
	case 24:
		return shmctl(frame->ecx, frame->edx & ~IPC_64, frame->edi,
			      frame->edx & IPC_64);
	default:
		return -ENOSYS;
	}
}

void ipc_show_shm(struct seq *out)
{
	seq_printf(out, "       key      shmid perms       size  cpid  lpid "
		   "nattch   uid   gid  cuid  cgid      atime      dtime"
		   "      ctime        rss       swap\n");
	mutex_lock(&ipc_lock);
	for (int i = 0; i < table_size; i++) {
		const struct segment *s = table[i];

		if (!s)
			continue;
		seq_printf(out, "%10d %10d  %4o %10u %5u %5u  %5u %5u %5u %5u "
			   "%5u %10u %10u %10u %10u %10u\n", (int)s->key,
			   s->id, s->mode, s->size, s->cpid, s->lpid,
			   nr_shown(s), s->uid, s->gid, s->cuid, s->cgid,
			   s->atime, s->dtime, s->ctime,
			   s->memory->mapping->nr_pages * PAGE_SIZE, 0u);
	}
	mutex_unlock(&ipc_lock);
}
