/* elfhost.c - see elfhost.h. */
#include "object/elfhost.h"

#include <stdio.h>

#define HOST_BYTES 20             /* of a header, up to its machine */
#define OSABI_NONE 0
#define OSABI_GNU 3

static const struct { uint16_t number; const char *name; } machines[] = {
  {2, "SPARC"}, {3, "i386"}, {4, "m68k"}, {8, "MIPS"}, {15, "PA-RISC"},
  {18, "SPARC v8+"}, {20, "PowerPC"}, {21, "PowerPC64"}, {22, "S/390"},
  {40, "ARM"}, {42, "SuperH"}, {43, "SPARC v9"}, {50, "IA-64"},
  {62, "x86-64"}, {93, "ARC"}, {94, "Xtensa"}, {164, "Hexagon"},
  {183, "AArch64"}, {190, "CUDA"}, {224, "AMD GPU"}, {243, "RISC-V"},
  {247, "BPF"}, {252, "C-SKY"}, {258, "LoongArch"}, {0x9026, "Alpha"}
};

static const struct { uint8_t number; const char *name; } systems[] = {
  {1, "HP-UX"}, {2, "NetBSD"}, {6, "Solaris"}, {7, "AIX"}, {8, "IRIX"},
  {9, "FreeBSD"}, {12, "OpenBSD"}, {13, "OpenVMS"}, {18, "OpenVOS"}
};

static bool host_head(ElfHead *host);

/* "32-bit big-endian MIPS", into `text`. */
static const char *describe(const ElfHead *head, char *text, size_t room) {
  const char *order = head->big == cursor_host_big() ? ""
                    : head->big ? "big-endian " : "little-endian ";
  for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
    if (machines[i].number == head->machine) {
      snprintf(text, room, "%d-bit %s%s", head->wide ? 64 : 32, order,
               machines[i].name);
      return text;
    }
  snprintf(text, room, "%d-bit %smachine number %u", head->wide ? 64 : 32,
           order, (unsigned)head->machine);
  return text;
}

static bool accepts_system(const ElfHead *head, const char *path,
                           Error *error) {
  if (head->osabi == OSABI_NONE || head->osabi == OSABI_GNU)
    return true;
  for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
    if (systems[i].number == head->osabi)
      return error_set(error, 0, "%s: is for %s; get the library for this "
                       "system", image_shown(path), systems[i].name);
  return error_set(error, 0, "%s: is for the system with number %u; get the "
                   "library for this one", image_shown(path),
                   (unsigned)head->osabi);
}

bool host_accepts(const ElfHead *head, const char *path, Error *error) {
  ElfHead host;
  char theirs[64], ours[64];
  if (!host_head(&host))
    return true;                  /* the loader is to decide */
  if (head->machine == host.machine && head->wide == host.wide &&
      head->big == host.big)
    return host.osabi == head->osabi || accepts_system(head, path, error);
  describe(head, theirs, sizeof theirs);
  describe(&host, ours, sizeof ours);
  return error_set(error, 0, "%s: is for %s, this process is %s; get the "
                   "library for %s", image_shown(path), theirs, ours, ours);
}

/* What this process is; false where it is not known. */
#if defined(__ELF__)

/* The header of the module that this code is linked into: ld defines it. */
extern const uint8_t __ehdr_start[]
    __attribute__((weak, visibility("hidden")));

static bool host_head(ElfHead *host) {
  const uint8_t *bytes = __ehdr_start;
  if (bytes == NULL)
    return false;
  host->wide = bytes[4] == 2;
  host->big = bytes[5] == 2;
  host->osabi = bytes[7];
  Cursor cursor = {bytes, HOST_BYTES, 16, host->big, host->wide, false};
  host->type = cursor_u16(&cursor);
  host->machine = cursor_u16(&cursor);
  return true;
}

#else

static bool host_head(ElfHead *host) {
  (void)host;
  return false;
}

#endif
