// The API without its database, on a database of its own: the others must not lose theirs.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_outage_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("without its database the API answers 503, and works again when it is back") {
    Stand alone;
    const auto site = alone.make_site();
    alone.postgres().kill_hard();
    // The server's processes outlive their parent by moments.
    Answer read;
    CHECK(eventually([&] { return (read = alone.admin().get("/v1/sites/" + site)).status == 503; }));
    CHECK(!read.header("retry-after").empty());
    CHECK(eventually([&] { return alone.admin().post("/v1/sites", {{"name", "lost"}}).status == 503; }));
    CHECK(alone.with_token("sonde_never_seen").get("/v1/sites").status == 503);
    CHECK(alone.nobody().get("/v1/sites").status == 401);
    CHECK(alone.nobody().get("/").status == 200);
    alone.postgres().restart();
    CHECK(eventually([&] { return alone.admin().get("/v1/sites/" + site).status == 200; }));
    CHECK(alone.admin().post("/v1/sites", {{"name", "again"}}).status == 201);
}

}  // namespace api_outage_test
