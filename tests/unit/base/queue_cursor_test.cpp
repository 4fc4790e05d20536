#include "lib/db/queue_cursor.h"

#include <doctest/doctest.h>

namespace queue_cursor_test {

using namespace sonde;

TEST_CASE("a queue is gone on with where it was left while there is more, and from its front once a second") {
    db::QueueCursor cursor;
    MonotonicPoint now{std::chrono::hours{1}};
    CHECK(cursor.after(now) == 0);
    cursor.removed(200, true);
    CHECK(cursor.after(now += milliseconds{400}) == 200);
    cursor.removed(400, true);
    CHECK(cursor.after(now += milliseconds{400}) == 400);
    CHECK(cursor.after(now += milliseconds{400}) == 0);  // what came to be late
    cursor.removed(30, true);
    CHECK(cursor.after(now) == 30);
    cursor.removed(600, false);
    CHECK(cursor.after(now) == 0);
    cursor.removed(800, true);
    cursor.begin_anew();
    CHECK(cursor.after(now) == 0);
}

}  // namespace queue_cursor_test
