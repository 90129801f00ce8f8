/*
** described.c - a library that says itself what it has: compiled with -g.
**
**   local p = plugin.open("./build/plugins/described.so", {debuginfo = true})
**   print(p:lookup("shape_area").declaration)
**   print(p.C.shape_area({kind = "CIRCLE", width = 10}))
*/

enum kind { CIRCLE, BOX };

struct shape {
  enum kind kind;
  int width, height;              /* of a circle only the width counts */
};

struct shape shapes[] = {{CIRCLE, 2, 0}, {BOX, 3, 4}};

double shape_area(const struct shape *shape) {
  if (shape->kind == CIRCLE)
    return 3.14 * shape->width * shape->width / 4;
  return shape->width * shape->height;
}

struct shape shape_scale(struct shape shape, int factor) {
  shape.width *= factor;
  shape.height *= factor;
  return shape;
}
