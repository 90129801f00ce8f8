/*
** described.c - a library that says itself what it has: compiled with -g. With
** -DSECOND it is its second version, for plugin.diff.
**
**   local p = plugin.open("./build/plugins/described.so", {debuginfo = true})
**   print(p:lookup("shape_area").declaration)
**   print(p.C.shape_area({kind = "CIRCLE", width = 10}))
*/

#ifdef SECOND
enum kind { CIRCLE, BOX, TRIANGLE };
typedef float number;
#else
enum kind { CIRCLE, BOX };
typedef double number;
#endif

struct shape {
  enum kind kind;
  int width, height;              /* of a circle only the width counts */
};

struct shape shapes[] = {{CIRCLE, 2, 0}, {BOX, 3, 4}};

number shape_area(const struct shape *shape) {
  if (shape->kind == CIRCLE)
    return (number)(3.14 * shape->width * shape->width / 4);
  return (number)(shape->width * shape->height);
}

struct shape shape_scale(struct shape shape, int factor) {
  shape.width *= factor;
  shape.height *= factor;
  return shape;
}

#ifdef SECOND
int shape_count(void) {
  return sizeof shapes / sizeof *shapes;
}
#endif
