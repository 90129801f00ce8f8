/* dwarfindex.c - see dwarfindex.h. */
#include "object/dwarfindex.h"

#include <stdlib.h>
#include <string.h>

#include "object/dwarfstring.h"

#define LIMIT_SIBLINGS 10000000   /* entries of one unit: a damaged chain may */
                                  /* lead round for ever */
#define LIMIT_RANGES 100000       /* pieces of one function */
#define LIMIT_ORIGINS 16          /* from an entry to its origin's origin ... */

enum {                            /* DW_LANG_..., of C and of machine code */
  LANG_C89 = 0x01, LANG_C = 0x02, LANG_C99 = 0x0c, LANG_C11 = 0x1d,
  LANG_C17 = 0x2c, LANG_C23 = 0x3e, LANG_ASSEMBLER = 0x31,
  LANG_MIPS_ASSEMBLER = 0x8001
};

static bool is_c(uint64_t language) {
  return language == LANG_C89 || language == LANG_C || language == LANG_C99 ||
         language == LANG_C11 || language == LANG_C17 || language == LANG_C23;
}

static const char *language_name(uint64_t language) {
  static const struct { uint16_t code; const char *name; } names[] = {
    {LANG_ASSEMBLER, "assembler"}, {LANG_MIPS_ASSEMBLER, "assembler"},
    {0x04, "C++"}, {0x1a, "C++"}, {0x21, "C++"}, {0x2b, "C++"},
    {0x3a, "C++"}, {0x10, "Objective-C"}, {0x11, "Objective-C++"},
    {0x1c, "Rust"}, {0x16, "Go"}, {0x13, "D"}, {0x1e, "Swift"},
    {0x27, "Zig"}, {0x07, "Fortran"}, {0x08, "Fortran"}, {0x0e, "Fortran"},
    {0x22, "Fortran"}, {0x23, "Fortran"}, {0x2d, "Fortran"}, {0x0d, "Ada"},
    {0x09, "Pascal"}, {0x28, "Crystal"}, {0x05, "COBOL"}
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].code == language)
      return names[i].name;
  return "another language than C";
}

/* ---------------------------------------------------------------------
** Units. Of one that was compiled with -gsplit-dwarf the file has only a
** skeleton, which says where the rest is.
*/

typedef struct Unit {
  Die die;                        /* the whole unit's, if it can be had */
  DwarfDie skeleton;              /* has the addresses; or the same */
  uint64_t language;              /* 0: unknown */
  bool split;                     /* the rest was not found */
} Unit;

/* Is the whole unit there, in this file or in another one, which is sound? */
static bool has_whole(const DwarfIndex *index, const DwarfDie *whole) {
  if (whole->addr == NULL || whole->cu == NULL)
    return false;
  Dwarf *dwarf = index->dw->dwarf_cu_getdwarf(whole->cu);
  return dwarf == index->dwarf ||
         dwarfstring_ends(index->dw, index->dw->dwarf_getelf(dwarf));
}

/* Reads the next unit after *at, NULL at first. False: there is none. */
static bool next_unit(const DwarfIndex *index, DwarfUnit **at, Unit *unit) {
  uint8_t kind;
  DwarfDie whole;
  memset(&whole, 0, sizeof whole);
  if (index->dw->dwarf_get_units(index->dwarf, *at, at, NULL, &kind,
                                 &unit->skeleton, &whole) != 0)
    return false;
  bool found = has_whole(index, &whole);
  unit->language = 0;
  unit->split = false;
  if (!die_read(index->dw, found ? &whole : &unit->skeleton, &unit->die))
    return true;                  /* damaged: as a unit without language */
  die_number(index->dw, &unit->die, ATTR_LANGUAGE, &unit->language);
  unit->split = !found && (die_has(&unit->die, ATTR_DWO_NAME) ||
                               die_has(&unit->die, ATTR_GNU_DWO_NAME));
  return true;
}

/* ---------------------------------------------------------------------
** Making it.
*/

static bool add(DwarfEntries *list, uint64_t address, SymbolKind kind,
                const DwarfDie *die) {
  if (list->count == list->room) {
    size_t room = list->room * 2 + 256;
    DwarfEntry *items = realloc(list->items, room * sizeof *items);
    if (items == NULL)
      return false;
    list->items = items;
    list->room = room;
  }
  list->items[list->count++] = (DwarfEntry){address, kind, *die};
  return true;
}

static uint64_t hash(const char *name) {
  uint64_t result = 0xcbf29ce484222325;
  for (; *name != '\0'; name++)
    result = (result ^ (uint8_t)*name) * 0x100000001b3;
  return result;
}

/* At such addresses is what the linker left out. */
static bool is_nowhere(uint64_t address) {
  return address <= 1 || address >= UINT64_MAX - 1;
}

/* Under the name that the linker sees, which asm("name") may have given. */
static bool add_unplaced(DwarfIndex *index, SymbolKind kind,
                         const Die *entry) {
  Die die = *entry, origin;
  bool external = false;
  const char *name = NULL;
  for (int i = 0; i < LIMIT_ORIGINS; i++) {
    external = external || die_flag(index->dw, &die, ATTR_EXTERNAL);
    if (name == NULL)
      name = die_string(index->dw, &die, ATTR_LINKAGE_NAME);
    if (name == NULL)
      name = die_string(index->dw, &die, ATTR_NAME);
    if (!die_origin(index->dw, &die, &origin))
      break;
    die = origin;
  }
  return !external || name == NULL ||
         add(&index->unplaced, hash(name), kind, &entry->die);
}

/* Each of its pieces; `somewhere` if there is any. */
static bool add_ranges(DwarfIndex *index, Die *die, bool *somewhere) {
  uint64_t base, start, end;
  ptrdiff_t at = 0;
  for (int i = 0; i < LIMIT_RANGES; i++) {
    at = index->dw->dwarf_ranges(&die->die, at, &base, &start, &end);
    if (at <= 0)
      break;
    if (is_nowhere(start))
      continue;
    *somewhere = true;
    if (!add(&index->placed, start, SYMBOL_FUNCTION, &die->die))
      return false;
  }
  return true;
}

/*
** Does it say anything of what it takes and gives? gcc -g1 and clang
** -gline-tables-only leave that out; and `void f()` has nothing to say.
*/
static bool tells_type(const DwarfIndex *index, const Die *entry) {
  Die die = *entry, origin;
  for (int i = 0; i < LIMIT_ORIGINS; i++) {
    if (die_has(&die, ATTR_TYPE) || die_has(&die, ATTR_PROTOTYPED))
      return true;
    if (!die_origin(index->dw, &die, &origin))
      return false;
    die = origin;
  }
  return false;
}

static bool add_function(DwarfIndex *index, Die *die) {
  uint64_t start;
  bool somewhere = false;
  if (!tells_type(index, die))
    return true;
  bool single = die_has(die, ATTR_LOW_PC) &&
      index->dw->dwarf_formaddr(&die->attrs[ATTR_LOW_PC], &start) == 0;
  if (single && !is_nowhere(start)) {
    somewhere = true;
    if (!add(&index->placed, start, SYMBOL_FUNCTION, &die->die))
      return false;
  }
  bool several = die_has(die, ATTR_RANGES);
  if (several && !add_ranges(index, die, &somewhere))
    return false;
  return somewhere || (!single && !several) ||
         add_unplaced(index, SYMBOL_FUNCTION, die);
}

/* Where gcc (12) keeps offsets of threads' variables apart they are wrong. */
static bool add_variable(DwarfIndex *index, Die *die) {
  const LibDw *dw = index->dw;
  DwarfOp *ops;
  DwarfAttr attr;
  size_t count;
  uint64_t address;
  if (!die_has(die, ATTR_LOCATION) ||
      dw->dwarf_getlocation(&die->attrs[ATTR_LOCATION], &ops, &count) != 0 ||
      count == 0 || count > 2)
    return true;
  bool tls = count == 2 && (ops[1].atom == OP_FORM_TLS_ADDRESS ||
                            ops[1].atom == OP_GNU_PUSH_TLS);
  if (count == 2 && !tls)
    return true;
  if (ops[0].atom == OP_CONSTX || ops[0].atom == OP_GNU_CONST_INDEX)
    return !tls || add_unplaced(index, SYMBOL_TLS, die);
  if (ops[0].atom == OP_ADDR || ops[0].atom == OP_CONST8U)
    address = ops[0].number;
  else if ((ops[0].atom != OP_ADDRX && ops[0].atom != OP_GNU_ADDR_INDEX) ||
           dw->dwarf_getlocation_attr(&die->attrs[ATTR_LOCATION], &ops[0],
                                      &attr) != 0 ||
           dw->dwarf_formaddr(&attr, &address) != 0)
    return true;
  return (!tls && is_nowhere(address)) ||
         add(&index->placed, address, tls ? SYMBOL_TLS : SYMBOL_VARIABLE,
             &die->die);
}

static bool add_placed(DwarfIndex *index, Die *die) {
  return die->tag == TAG_VARIABLE ? add_variable(index, die)
                                  : add_function(index, die);
}

/*
** Under the name that the linker sees, which asm("name") may have given. What
** gcc says of a variable that is a second name of another one is no
** DECLARATION.
*/
static bool add_declared(DwarfIndex *index, Die *die) {
  bool function = die->tag == TAG_SUBPROGRAM;
  DieAttr placed = function ? ATTR_LOW_PC : ATTR_LOCATION;
  DieAttr told = function ? ATTR_PROTOTYPED : ATTR_TYPE;
  if (die_has(die, placed) || die_has(die, ATTR_RANGES) ||
      !die_flag(index->dw, die, ATTR_EXTERNAL) || !die_has(die, told))
    return true;
  const char *name = die_string(index->dw, die, ATTR_LINKAGE_NAME);
  if (name == NULL)
    name = die_string(index->dw, die, ATTR_NAME);
  return name == NULL || add(&index->declared, hash(name), function
                             ? SYMBOL_FUNCTION : SYMBOL_VARIABLE, &die->die);
}

typedef bool AddEntry(DwarfIndex *index, Die *die);

static bool add_unit(DwarfIndex *index, Unit *unit, AddEntry *add_entry) {
  const LibDw *dw = index->dw;
  DwarfDie at;
  Die die;
  int more = dw->dwarf_child(&unit->die.die, &at);
  for (int i = 0; more == 0 && i < LIMIT_SIBLINGS; i++) {
    int tag = dw->dwarf_tag(&at);
    if ((tag == TAG_SUBPROGRAM || tag == TAG_VARIABLE) &&
        die_read(dw, &at, &die) && !add_entry(index, &die))
      return false;
    more = dw->dwarf_siblingof(&at, &at);
  }
  return true;
}

static int by_address(const void *left, const void *right) {
  const DwarfEntry *a = left, *b = right;
  return a->address < b->address ? -1 : a->address > b->address;
}

static void sort(DwarfEntries *list) {
  if (list->count > 0)
    qsort(list->items, list->count, sizeof *list->items, by_address);
}

/* Goes over all units. */
static bool add_units(DwarfIndex *index, AddEntry *add_entry) {
  DwarfUnit *at = NULL;
  Unit unit;
  while (next_unit(index, &at, &unit))
    if (is_c(unit.language) && !unit.split &&
        !add_unit(index, &unit, add_entry))
      return false;
  return true;
}

bool dwarfindex_make(DwarfIndex *index, const LibDw *dw, Dwarf *dwarf,
                     Error *error) {
  memset(index, 0, sizeof *index);
  index->dw = dw;
  index->dwarf = dwarf;
  if (!add_units(index, add_placed))
    return error_set(error, 0, "not enough memory for debug info");
  sort(&index->placed);
  sort(&index->unplaced);
  return true;
}

void dwarfindex_free(DwarfIndex *index) {
  free(index->placed.items);
  free(index->unplaced.items);
  free(index->declared.items);
  memset(index, 0, sizeof *index);
}

/* ---------------------------------------------------------------------
** Finding in it.
*/

static SymbolKind kind_of(const ElfSymbol *symbol) {
  return symbol->kind == SYMBOL_TLS || symbol->kind == SYMBOL_VARIABLE
             ? symbol->kind : SYMBOL_FUNCTION;
}

/* Has the entry, or what it is a part of, that name? */
static bool has_name(const DwarfIndex *index, const DwarfDie *at,
                     const char *name) {
  Die die, origin;
  if (!die_read(index->dw, at, &die))
    return false;
  for (int i = 0; i < LIMIT_ORIGINS; i++) {
    const char *own = die_string(index->dw, &die, ATTR_NAME);
    const char *linked = die_string(index->dw, &die, ATTR_LINKAGE_NAME);
    if ((own != NULL && strcmp(own, name) == 0) ||
        (linked != NULL && strcmp(linked, name) == 0))
      return true;
    if (!die_origin(index->dw, &die, &origin))
      return false;
    die = origin;
  }
  return false;
}

/* Says why the unit that has the address does not tell. */
static bool explain_unit(const DwarfIndex *index, Unit *unit,
                         const ElfSymbol *symbol, Error *error) {
  const char *file = die_string(index->dw, &unit->die, ATTR_NAME);
  const char *rest = die_string(index->dw, &unit->die, ATTR_DWO_NAME);
  if (rest == NULL)
    rest = die_string(index->dw, &unit->die, ATTR_GNU_DWO_NAME);
  file = file == NULL ? "?" : file;
  if (unit->split)
    return error_set(error, 0, "'%.200s': its debug info is in the file "
                     "%.300s, which is not there, or not in a form that "
                     "libdw reads", symbol->name,
                     rest == NULL ? "?" : rest);
  if (!is_c(unit->language))
    return error_set(error, 0, "'%.200s' is from %.300s, which is written in "
                     "%s: its debug info has no declaration for C; give one",
                     symbol->name, file, language_name(unit->language));
  return error_set(error, 0, "'%.200s' is from %.300s, whose debug info has "
                   "no types of it: it was compiled without them (as by gcc "
                   "-g1, clang -gline-tables-only), or has no prototype, as "
                   "f(); compile it with -g, or give a declaration",
                   symbol->name, file);
}

static bool explain(const DwarfIndex *index, const ElfSymbol *symbol,
                    Error *error) {
  DwarfUnit *at = NULL;
  Unit unit;
  while (symbol->kind != SYMBOL_TLS && next_unit(index, &at, &unit))
    if (index->dw->dwarf_haspc(&unit.skeleton, symbol->value) > 0)
      return explain_unit(index, &unit, symbol, error);
  return error_set(error, 0, "debug info has nothing of '%.200s': give a "
                   "declaration", symbol->name);
}

/* The first one at the address or behind it. */
static size_t first_at(const DwarfEntries *list, uint64_t address) {
  size_t low = 0, high = list->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list->items[middle].address < address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The entry of that name in a list by names. */
static bool find_name(const DwarfIndex *index, const DwarfEntries *list,
                      const char *name, SymbolKind kind, DwarfDie *die) {
  uint64_t key = hash(name);
  for (size_t i = first_at(list, key); i < list->count; i++) {
    if (list->items[i].address != key)
      break;
    *die = list->items[i].die;
    if (list->items[i].kind == kind && has_name(index, die, name))
      return true;
  }
  return false;
}

/* Has the linker left out a function whose name is now at that address? */
static bool is_folded(const DwarfIndex *index, const ElfFile *elf,
                      const ElfSymbol *symbol) {
  DwarfDie ignored;
  if (index->unplaced.count == 0 || kind_of(symbol) != SYMBOL_FUNCTION)
    return false;
  for (size_t i = 0; i < elf_count(elf); i++) {
    const ElfSymbol *other = elf_symbol(elf, i);
    if (other->value == symbol->value &&
        find_name(index, &index->unplaced, other->name, SYMBOL_FUNCTION,
                  &ignored))
      return true;
  }
  return false;
}

/* The entries at its address: the one of its name (*named), or any. */
static const DwarfEntry *find_placed(const DwarfIndex *index,
                                     const ElfSymbol *symbol, bool *named,
                                     bool *several) {
  const DwarfEntries *list = &index->placed;
  const DwarfEntry *found = NULL;
  for (size_t i = first_at(list, symbol->value); i < list->count && !*named;
       i++) {
    const DwarfEntry *entry = &list->items[i];
    if (entry->address != symbol->value)
      break;
    if (entry->kind != kind_of(symbol))
      continue;
    *named = has_name(index, &entry->die, symbol->name);
    *several = *several || (found != NULL && found->die.addr != entry->die.addr);
    if (*named || found == NULL)
      found = entry;
  }
  return found;
}

bool dwarfindex_find(DwarfIndex *index, const ElfFile *elf,
                     const ElfSymbol *symbol, DwarfDie *die, bool *named,
                     Error *error) {
  bool several = false;
  SymbolKind kind = kind_of(symbol);
  *named = false;
  const DwarfEntry *found = find_placed(index, symbol, named, &several);
  if (!*named && find_name(index, &index->unplaced, symbol->name, kind, die))
    return *named = true;
  if (found == NULL)
    return explain(index, symbol, error);
  if (!*named && (several || is_folded(index, elf, symbol)))
    return error_set(error, 0, "'%.200s': debug info has several %s at "
                     "its address, none of that name: give a declaration",
                     symbol->name,
                     kind == SYMBOL_FUNCTION ? "functions" : "variables");
  *die = found->die;
  return true;
}

bool dwarfindex_declared(DwarfIndex *index, const char *name,
                         const ElfSymbol *symbol, DwarfDie *die) {
  if (!index->listed) {
    index->listed = add_units(index, add_declared);
    sort(&index->declared);
  }
  return find_name(index, &index->declared, name, kind_of(symbol), die);
}
