// Addresses that strangers write into a form.
#include "controlplane/status_page/subscribe/address.h"

#include <doctest/doctest.h>

#include "controlplane/status_page/subscribe/form.h"
#include "tests/unit/status_page/sample.h"

namespace address_test {

using namespace sonde;
using namespace sonde::status_page;
using subscribe::Kind;
using subscribe::masked;
using subscribe::read_address;

TEST_CASE("an address is told apart from others in one form") {
    CHECK(read_address(Kind::email, " Ann.Lee+status@Example.ORG ") == "ann.lee+status@example.org");
    CHECK(read_address(Kind::email, "ann@b\xc3\xbc" "cher.example") == "ann@xn--bcher-kva.example");
    CHECK(read_address(Kind::webhook, "https://Hooks.Example/a/../in?x=1") == "https://hooks.example/in?x=1");
}

TEST_CASE("what could be more than one address, or end a header, is none") {
    for (const auto* odd : {"", "ann", "@example.org", "ann@", "ann@example", "ann@example.org, bob@example.org", "ann@example.org\r\nBcc: eve@example.org", "ann b@example.org", "\"ann\"@example.org",
                            "<ann@example.org>", "ann@[192.0.2.1]", "ann@192.0.2.1", ".ann@example.org", "an..n@example.org", "ann@example.org.", "ann@exa\tmple.org", "ann@example.org/x",
                            "ann@user@example.org:25", "\xc3\xa4nn@example.org"}) {
        CAPTURE(odd);
        CHECK(!read_address(Kind::email, odd));
    }
    CHECK(!read_address(Kind::email, std::string(65, 'a') + "@example.org"));
    CHECK(read_address(Kind::email, std::string(64, 'a') + "@example.org"));
    for (const auto* odd : {"http://hooks.example/", "https://user:pass@hooks.example/", "https://10.0.0.1/", "https://[::1]/", "https://hooks.example/#x", "ftp://hooks.example/", "hooks.example"}) {
        CAPTURE(odd);
        CHECK(!read_address(Kind::webhook, odd));
    }
}

TEST_CASE("a record has no more of an address than its owner would know it by") {
    CHECK(masked(Kind::email, "ann@example.org") == "a***@example.org");
    CHECK(masked(Kind::webhook, "https://hooks.example/secret") == "https://h***");
    CHECK(masked(Kind::email, "") == "***");
}

TEST_CASE("a form has an address and the components that were ticked, and all or none are all") {
    const auto page = test::sample_page();
    const auto form_of = [&page](const std::string& body, const std::string& type = "application/x-www-form-urlencoded") {
        http::Request request;
        request.headers.emplace_back("content-type", type);
        request.body = body;
        return subscribe::read_form(request, page);
    };
    const auto some = form_of("kind=email&address=ann%2Bx%40example.org&component=api&component=billing&component=nothing");
    REQUIRE(some);
    CHECK(some->address == "ann+x@example.org");
    CHECK(some->components == std::vector<std::string>{"api", "billing"});
    CHECK(form_of("kind=webhook&address=x")->kind == Kind::webhook);
    CHECK(form_of("address=x")->components.empty());
    CHECK(form_of("component=website&component=api&component=search&component=billing")->components.empty());
    CHECK(!form_of("address=x", "text/plain"));
    CHECK(!form_of(std::string(70'000, 'x')));
}

}  // namespace address_test
