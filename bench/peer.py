# peer.py - a row in Python's ctypes or cffi.
#
#   peer.py ctypes|cffi TARGET HEADER ROUNDS ROW [least]
#
# Prints nanoseconds, or nothing where the binding does not do that row.

import gc
import math
import re
import sys
import time

kind, target, header, rounds, wanted = sys.argv[1:6]
least = sys.argv[6:] == ["least"]
text = re.sub("#[^\n]*", "", open(header).read())


def seconds(body, count):
    gc.collect()
    start = time.process_time()
    body(count)
    return time.process_time() - start


def measure(body):
    count, took = 1, seconds(body, 1)
    while took < 0.002:
        count *= 4
        took = seconds(body, count)
    count = max(1, math.ceil(count * 0.008 / took))
    times = sorted(seconds(body, count) / count for _ in range(int(rounds)))
    print("%.2f" % (times[0 if least else len(times) // 2] * 1e9))


# A loop over a statement, whose names are those of what make() returns.
def loop(name, statement, make):
    if name == wanted:
        scope = make()
        exec("def body(n):\n for i in range(n): " + statement, scope)
        measure(scope["body"])


def unsorted():
    values, state = [], 1
    for _ in range(100000):
        state = state * 16807 % 2147483647
        values.append(state)
    return values


def halves(count):
    return [i + 0.5 for i in range(count)]


def calls(f, item, pair):
    for name, arguments, function in [
            ("void(void)", "", "nothing"),
            ("int(int,int)", "i, 2", "add"),
            ("double(double,double)", "1.5, 2.5", "scale"),
            ("size_t(const char *)", "b'hello'", "length"),
            ("six longs", "1, 2, 3, 4, 5, i", "six"),
            ("int, double, long, float", "1, 2.5, i, 0.5", "mixed"),
            ("pointer in and out", "item", "same"),
            ("bool(bool)", "True", "negate"),
            ("uint8_t(uint8_t)", "7", "next"),
            ("ten mixed", "1, 2.5, 3, 0.5, b'x', True, 7, 8, 9.5, i", "ten"),
            ("struct by value", "pair", "swap")]:
        loop(name, "f(%s)" % arguments,
             lambda: {"f": f(function), "item": item(), "pair": pair()})


def accesses(pair, doubles):
    loop("field read", "p.y", lambda: {"p": pair()})
    loop("field write", "p.y = 2.5", lambda: {"p": pair()})
    loop("element read", "a[9]", lambda: {"a": doubles()})
    loop("element write", "a[9] = 2.5", lambda: {"a": doubles()})


# `it` is a shape, `a` a pair, `p` a pointer to one; `more` has the others.
def shapes(it, a, p, **more):
    for name, statement in [
            ("struct assigned", "it.at = a"),
            ("pointer assigned", "it.next = p"),
            ("pointer read", "it.next"),
            ("nested field read", "it.at.y"),
            ("text read", "string(it.name)" if "string" in more
             else "it.name"),
            ("text written", "it.name = b'hello'")]:
        loop(name, statement, lambda: dict(more, it=it, a=a, p=p))


# ---- real work, by the functions of handmade.c; see work.lua ----

def inserts(lib, db):
    stmt = lib.prepare(db, b"insert into t values (?, ?, ?);")
    lib.exec(db, b"begin;")
    for i in range(1, 100001):
        lib.bind_int64(stmt, 1, i)
        lib.bind_double(stmt, 2, i / 2)
        lib.bind_text(stmt, 3, b"a row of the table")
        if lib.step(stmt) != 101:
            raise ValueError("an insert failed")
        lib.reset(stmt)
    lib.exec(db, b"commit;")
    lib.finalize(stmt)


def selects(lib, db):
    stmt = lib.prepare(db, b"select n, x, s from t;")
    n, x, length = 0, 0.0, 0
    while lib.step(stmt) == 100:
        n += lib.column_int64(stmt, 0)
        x += lib.column_double(stmt, 1)
        length += len(lib.column_text(stmt, 2))
    lib.finalize(stmt)
    assert n == 5000050000 and x == n / 2 and length == 1800000


def fresh(lib):
    db = lib.open(b":memory:")
    lib.exec(db, b"create table t (n integer primary key, x real, s text);")
    return db


def filled(lib):
    db = fresh(lib)
    inserts(lib, db)
    return db


def insert_all(lib):
    db = filled(lib)
    lib.close(db)


def repeat(f, *arguments):
    for _ in range(10000):
        f(*arguments)


def letters():
    values, state = [], 1
    for _ in range(1024):
        state = state * 16807 % 2147483647
        values.append(97 + state // 65536 % 16)
    return bytes(values)


def work(sqlite, zlib):
    loop("SQLite, 100,000 inserts", "f(lib)",
         lambda: {"f": insert_all, "lib": sqlite()})

    def reading():
        lib = sqlite()
        return {"f": selects, "lib": lib, "db": filled(lib)}
    loop("SQLite, 100,000 rows read", "f(lib, db)", reading)
    given = letters()
    loop("zlib, 10,000 x 1 kB packed", "repeat(f, given, 1)",
         lambda: {"repeat": repeat, "f": zlib().compress, "given": given})
    loop("zlib, 10,000 x 1 kB unpacked", "repeat(f, packed)",
         lambda: {"repeat": repeat, "f": zlib().uncompress,
                  "packed": zlib().compress(given, 6)})
    loop("zlib, 10,000 x 1 kB summed", "repeat(f, 0, given, 1024)",
         lambda: {"repeat": repeat, "f": zlib().crc32, "given": given})


class Library:
    pass


# ---- ctypes ----

def ctypes_sqlite():
    import ctypes
    from ctypes import (POINTER, byref, c_char_p, c_double, c_int, c_longlong,
                        c_void_p)
    S = ctypes.CDLL("libsqlite3.so.0")
    lib = Library()
    for name, result, arguments in [
            ("open", c_int, [c_char_p, POINTER(c_void_p)]),
            ("exec", c_int, [c_void_p, c_char_p] + [c_void_p] * 3),
            ("prepare_v2", c_int, [c_void_p, c_char_p, c_int,
                                   POINTER(c_void_p), c_void_p]),
            ("bind_int64", c_int, [c_void_p, c_int, c_longlong]),
            ("bind_double", c_int, [c_void_p, c_int, c_double]),
            ("bind_text", c_int, [c_void_p, c_int, c_char_p, c_int,
                                  c_void_p]),
            ("step", c_int, [c_void_p]), ("reset", c_int, [c_void_p]),
            ("finalize", c_int, [c_void_p]), ("close_v2", c_int, [c_void_p]),
            ("column_int64", c_longlong, [c_void_p, c_int]),
            ("column_double", c_double, [c_void_p, c_int]),
            ("column_text", c_char_p, [c_void_p, c_int])]:
        f = S["sqlite3_" + name]
        f.restype, f.argtypes = result, arguments
        setattr(lib, name, f)
    c_open, c_exec, prepare, bind_text = (lib.open, lib.exec, lib.prepare_v2,
                                          lib.bind_text)

    def out(f, *arguments):
        pointer = c_void_p()
        code = f(*arguments[:-1], byref(pointer), *arguments[-1])
        assert code == 0
        return pointer
    lib.open = lambda name: out(c_open, name, ())
    lib.exec = lambda db, sql: c_exec(db, sql, None, None, None)
    lib.prepare = lambda db, sql: out(prepare, db, sql, -1, (None,))
    lib.bind_text = lambda stmt, i, t: bind_text(stmt, i, t, len(t), -1)
    lib.close = lib.close_v2
    return lib


def ctypes_zlib():
    import ctypes
    from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_ulong
    Z = ctypes.CDLL("libz.so.1")
    compress2, uncompress, lib = Z.compress2, Z.uncompress, Library()
    compress2.argtypes = [c_char_p, POINTER(c_ulong), c_char_p, c_ulong,
                          c_int]
    uncompress.argtypes = compress2.argtypes[:-1]
    lib.crc32 = Z.crc32
    lib.crc32.argtypes = [c_ulong, c_char_p, c_uint]
    lib.crc32.restype = c_ulong
    buffer = ctypes.create_string_buffer(2048)

    def call(f, data, *more):
        length = c_ulong(2048)
        code = f(buffer, byref(length), data, len(data), *more)
        assert code == 0
        return ctypes.string_at(buffer, length.value)
    lib.compress = lambda data, level: call(compress2, data, level)
    lib.uncompress = lambda data: call(uncompress, data)
    return lib


def with_ctypes():
    from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_bool, c_char,
                        c_char_p, c_double, c_float, c_int, c_long, c_short,
                        c_size_t, c_uint8, memmove, pointer, string_at)

    class Item(Structure):
        _fields_ = [("n", c_int), ("x", c_double)]

    class Pair(Structure):
        _fields_ = [("x", c_double), ("y", c_double)]

        def norm(self):
            return self.x + self.y

    class Shape(Structure):
        _fields_ = [("id", c_int), ("at", Pair), ("next", POINTER(Pair)),
                    ("name", c_char * 16)]

    lib = CDLL(target)
    callback = CFUNCTYPE(c_int, c_int)
    compare = CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
    types = {
        "nothing": (None, []),
        "add": (c_int, [c_int, c_int]),
        "scale": (c_double, [c_double, c_double]),
        "length": (c_size_t, [c_char_p]),
        "six": (c_long, [c_long] * 6),
        "mixed": (c_double, [c_int, c_double, c_long, c_float]),
        "same": (POINTER(Item), [POINTER(Item)]),
        "make_item": (POINTER(Item), []),
        "negate": (c_bool, [c_bool]),
        "next": (c_uint8, [c_uint8]),
        "ten": (c_double, [c_int, c_double, c_long, c_float, c_char_p,
                           c_bool, c_uint8, c_short, c_double, c_long]),
        "swap": (Pair, [Pair]),
        "repeat": (c_int, [callback, c_int]),
        "sort": (None, [POINTER(c_int), c_size_t, compare]),
    }

    def function(name):
        f = lib[name]
        f.restype, f.argtypes = types[name]
        return f

    def buffer():
        return {"a": (c_uint8 * (1 << 20))(), "b": b"x" * (1 << 20),
                "move": memmove, "string": string_at}

    thousand, million = c_double * 1000, c_double * 1000000
    calls(function, lambda: function("make_item")(), lambda: Pair(1, 2))
    loop("callback, 10,000 times", "f(g, 10000)",
         lambda: {"f": function("repeat"), "g": callback(lambda n: 2 * n)})
    loop("qsort of 100,000", "f(A(*u), 100000, g)",
         lambda: {"f": function("sort"), "A": c_int * 100000,
                  "u": unsorted(), "g": compare(lambda a, b: a[0] - b[0])})
    variable = c_int.in_dll(lib, "target_int")
    loop("variable read", "v.value", lambda: {"v": variable})
    loop("variable write", "v.value = i", lambda: {"v": variable})
    accesses(lambda: Pair(1, 2), thousand)
    loop("new small struct", "Pair()", lambda: {"Pair": Pair})
    loop("new 1,000 doubles", "A()", lambda: {"A": thousand})
    loop("1,000 doubles of a table", "A(*v)",
         lambda: {"A": thousand, "v": halves(1000)})
    loop("a million from a table", "A(*v)",
         lambda: {"A": million, "v": halves(1000000)})
    loop("a million to a table", "a[:]",
         lambda: {"a": million(*halves(1000000))})
    loop("copy of 1 MB", "move(a, b, 1 << 20)", buffer)
    loop("string of 1 MB", "string(a, 1 << 20)", buffer)
    a = Pair(1, 2)
    shapes(Shape(1, a, pointer(a), b"hello"), a, pointer(a))
    loop("struct of named values", "f(x=1, y=2)", lambda: {"f": Pair})
    loop("method of a struct", "a.norm()", lambda: {"a": a})
    work(ctypes_sqlite, ctypes_zlib)


# ---- cffi ----

def cffi_sqlite(ffi):
    ffi.cdef("""
        typedef struct sqlite3 sqlite3;
        typedef struct sqlite3_stmt sqlite3_stmt;
        int sqlite3_open(const char *, sqlite3 **);
        int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
        int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **,
                               const char **);
        int sqlite3_bind_int64(sqlite3_stmt *, int, long long);
        int sqlite3_bind_double(sqlite3_stmt *, int, double);
        int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void *);
        int sqlite3_step(sqlite3_stmt *);
        int sqlite3_reset(sqlite3_stmt *);
        int sqlite3_finalize(sqlite3_stmt *);
        int sqlite3_close_v2(sqlite3 *);
        long long sqlite3_column_int64(sqlite3_stmt *, int);
        double sqlite3_column_double(sqlite3_stmt *, int);
        const char *sqlite3_column_text(sqlite3_stmt *, int);""")
    S = ffi.dlopen("libsqlite3.so.0")
    lib, null, transient = Library(), ffi.NULL, ffi.cast("void *", -1)
    bind_text, column_text, string = (S.sqlite3_bind_text,
                                      S.sqlite3_column_text, ffi.string)

    def c_open(name):
        db = ffi.new("sqlite3 **")
        assert S.sqlite3_open(name, db) == 0
        return db[0]

    def prepare(db, sql):
        stmt = ffi.new("sqlite3_stmt **")
        assert S.sqlite3_prepare_v2(db, sql, -1, stmt, null) == 0
        return stmt[0]
    lib.open, lib.prepare = c_open, prepare
    lib.exec = lambda db, sql: S.sqlite3_exec(db, sql, null, null, null)
    lib.bind_text = lambda stmt, i, t: bind_text(stmt, i, t, len(t),
                                                 transient)
    lib.column_text = lambda stmt, i: string(column_text(stmt, i))
    for name in ["bind_int64", "bind_double", "step", "reset", "finalize",
                 "column_int64", "column_double"]:
        setattr(lib, name, getattr(S, "sqlite3_" + name))
    lib.close = S.sqlite3_close_v2
    return lib


def cffi_zlib(ffi):
    ffi.cdef("""
        int compress2(char *, unsigned long *, const char *, unsigned long,
                      int);
        int uncompress(char *, unsigned long *, const char *, unsigned long);
        unsigned long crc32(unsigned long, const char *, unsigned);""",
             override=True)
    Z, lib = ffi.dlopen("libz.so.1"), Library()
    buffer, length = ffi.new("char[]", 2048), ffi.new("unsigned long *")
    unpack = ffi.unpack

    def call(f, data, *more):
        length[0] = 2048
        code = f(buffer, length, data, len(data), *more)
        assert code == 0
        return unpack(buffer, length[0])
    lib.compress = lambda data, level: call(Z.compress2, data, level)
    lib.uncompress = lambda data: call(Z.uncompress, data)
    lib.crc32 = Z.crc32
    return lib


def with_cffi():
    import cffi
    ffi = cffi.FFI()
    ffi.cdef(text)
    lib, new = ffi.dlopen(target), ffi.new
    thousand = ffi.typeof("double[1000]")
    million = ffi.typeof("double[1000000]")

    def buffer():
        return {"a": new("char[]", 1 << 20), "b": b"x" * (1 << 20),
                "move": ffi.memmove, "string": ffi.unpack}

    calls(lambda name: getattr(lib, name), lib.make_item,
          lambda: new("struct pair *", [1, 2])[0])
    loop("callback, 10,000 times", "f(g, 10000)",
         lambda: {"f": lib.repeat,
                  "g": ffi.callback("int (int)", lambda n: 2 * n)})
    loop("qsort of 100,000", "f(new('int[]', u), 100000, g)",
         lambda: {"f": lib.sort, "new": new, "u": unsorted(),
                  "g": ffi.callback("int (const int *, const int *)",
                                    lambda a, b: a[0] - b[0])})
    loop("variable read", "lib.target_int", lambda: {"lib": lib})
    loop("variable write", "lib.target_int = i", lambda: {"lib": lib})
    accesses(lambda: new("struct pair *", [1, 2]), lambda: new(thousand))
    loop("new small struct", "new(t)",
         lambda: {"new": new, "t": ffi.typeof("struct pair *")})
    loop("new 1,000 doubles", "new(t)", lambda: {"new": new, "t": thousand})
    loop("1,000 doubles of a table", "new(t, v)",
         lambda: {"new": new, "t": thousand, "v": halves(1000)})
    loop("a million from a table", "new(t, v)",
         lambda: {"new": new, "t": million, "v": halves(1000000)})
    loop("a million to a table", "unpack(a, 1000000)",
         lambda: {"unpack": ffi.unpack, "a": new(million, halves(1000000))})
    loop("copy of 1 MB", "move(a, b, 1 << 20)", buffer)
    loop("string of 1 MB", "string(a, 1 << 20)", buffer)
    a = new("struct pair *", [1, 2])
    shapes(new("struct shape *", [1, a[0], a, b"hello"]), a[0], a,
           string=ffi.string)
    loop("pointer + n", "ints + 1", lambda: {"ints": new("int[]", 10)})
    loop("struct of named values", "new(t, {'x': 1, 'y': 2})",
         lambda: {"new": new, "t": ffi.typeof("struct pair *")})
    work(lambda: cffi_sqlite(cffi.FFI()), lambda: cffi_zlib(cffi.FFI()))


(with_ctypes if kind == "ctypes" else with_cffi)()
