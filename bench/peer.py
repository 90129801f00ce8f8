# peer.py - the rows in Python's ctypes and cffi.
#
#   peer.py ctypes|cffi TARGET HEADER ROUNDS      prints "row<tab>nanoseconds"

import array
import gc
import math
import re
import sys
import time

kind, target, header, rounds = sys.argv[1:5]
text = re.sub("#[^\n]*", "", open(header).read())


def seconds(body, count):
    gc.collect()
    start = time.process_time()
    body(count)
    return time.process_time() - start


def row(name, body):
    count, took = 1, 0.0
    while took < 0.002:
        count *= 4
        took = seconds(body, count)
    count = max(1, math.ceil(count * 0.008 / took))
    times = sorted(seconds(body, count) / count for _ in range(int(rounds)))
    print("%s\t%.2f" % (name, times[len(times) // 2] * 1e9), flush=True)


# A loop over a statement; names are those of `scope`.
def loop(name, statement, **scope):
    exec("def body(n):\n for i in range(n): " + statement, scope)
    row(name, scope["body"])


unsorted, state = [], 1
for _ in range(100000):
    state = (state * 1103515245 + 12345) % 2147483648
    unsorted.append(state)


def calls(f, text, item, pair):
    loop("void(void)", "f()", f=f("nothing"))
    loop("int(int,int)", "f(i, 2)", f=f("add"))
    loop("double(double,double)", "f(1.5, 2.5)", f=f("scale"))
    loop("size_t(const char *)", "f(b'hello')", f=f("length"))
    loop("six longs", "f(1, 2, 3, 4, 5, i)", f=f("six"))
    loop("int, double, long, float", "f(1, 2.5, i, 0.5)", f=f("mixed"))
    loop("pointer in and out", "f(a)", f=f("same"), a=item)
    loop("bool(bool)", "f(True)", f=f("negate"))
    loop("uint8_t(uint8_t)", "f(7)", f=f("next"))
    loop("ten mixed", "f(1, 2.5, 3, 0.5, b'x', True, 7, 8, 9.5, i)",
         f=f("ten"))
    loop("struct by value", "f(a)", f=f("swap"), a=pair)


def accesses(pair, doubles):
    loop("field read", "p.y", p=pair)
    loop("field write", "p.y = 2.5", p=pair)
    loop("element read", "a[9]", a=doubles)
    loop("element write", "a[500] = 2.5", a=doubles)


values = [i + 0.5 for i in range(1000000)]


def with_ctypes():
    from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_bool,
                        c_char_p, c_double, c_float, c_int, c_long, c_short,
                        c_size_t, c_uint8, memmove, string_at)

    class Item(Structure):
        _fields_ = [("n", c_int), ("x", c_double)]

    class Pair(Structure):
        _fields_ = [("x", c_double), ("y", c_double)]

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

    calls(function, text, function("make_item")(), Pair(1, 2))
    loop("callback, 10,000 times", "f(g, 10000)", f=function("repeat"),
         g=callback(lambda n: 2 * n))
    loop("qsort of 100,000", "f(A(*u), 100000, g)", f=function("sort"),
         A=c_int * 100000, u=unsorted, g=compare(lambda a, b: a[0] - b[0]))
    variable = c_int.in_dll(lib, "target_int")
    loop("variable read", "v.value", v=variable)
    loop("variable write", "v.value = i", v=variable)
    accesses(Pair(1, 2), (c_double * 1000)())
    loop("new small struct", "Pair()", Pair=Pair)
    loop("new 1,000 doubles", "A()", A=c_double * 1000)
    loop("1,000 doubles of a table", "A(*v)", A=c_double * 1000,
         v=values[:1000])
    loop("a million from a table", "A(*v)", A=c_double * 1000000, v=values)
    loop("a million to a table", "a[:]", a=(c_double * 1000000)(*values))
    buffer = (c_uint8 * (1 << 20))()
    loop("copy of 1 MB", "f(a, b, 1 << 20)", f=memmove, a=buffer,
         b=b"x" * (1 << 20))
    loop("string of 1 MB", "f(a, 1 << 20)", f=string_at, a=buffer)


def with_cffi():
    import cffi
    ffi = cffi.FFI()
    ffi.cdef(text)
    lib = ffi.dlopen(target)

    calls(lambda name: getattr(lib, name), text, lib.make_item(),
          ffi.new("struct pair *", [1, 2])[0])
    loop("callback, 10,000 times", "f(g, 10000)", f=lib.repeat,
         g=ffi.callback("int (int)", lambda n: 2 * n))
    loop("qsort of 100,000", "f(new('int[]', u), 100000, g)", f=lib.sort,
         new=ffi.new, u=unsorted,
         g=ffi.callback("int (const int *, const int *)",
                        lambda a, b: a[0] - b[0]))
    loop("variable read", "lib.target_int", lib=lib)
    loop("variable write", "lib.target_int = i", lib=lib)
    accesses(ffi.new("struct pair *", [1, 2]), ffi.new("double[1000]"))
    loop("new small struct", "new(t)", new=ffi.new,
         t=ffi.typeof("struct pair *"))
    thousand = ffi.typeof("double[1000]")
    loop("new 1,000 doubles", "new(t)", new=ffi.new, t=thousand)
    loop("1,000 doubles of a table", "new(t, v)", new=ffi.new, t=thousand,
         v=values[:1000])
    million = ffi.typeof("double[1000000]")
    loop("a million from a table", "new(t, v)", new=ffi.new, t=million,
         v=values)
    loop("a million to a table", "unpack(a, 1000000)", unpack=ffi.unpack,
         a=ffi.new(million, values))
    buffer = ffi.new("char[]", 1 << 20)
    loop("copy of 1 MB", "f(a, b, 1 << 20)", f=ffi.memmove, a=buffer,
         b=b"x" * (1 << 20))
    loop("string of 1 MB", "f(a, 1 << 20)", f=ffi.unpack, a=buffer)


(with_ctypes if kind == "ctypes" else with_cffi)()
