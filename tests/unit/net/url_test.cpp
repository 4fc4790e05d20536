#include "lib/net/url.h"

#include <doctest/doctest.h>

namespace url_test {

using namespace sonde::net;

namespace {

std::string refusal(std::string_view text) {
    const auto url = parse_url(text);
    return url.ok() ? "accepted as " + url->text() : url.error().message;
}

std::string resolved(std::string_view base, std::string_view reference) {
    const auto url = resolve_url(*parse_url(base), reference);
    return url.ok() ? url->text() : url.error().message;
}

}  // namespace

TEST_CASE("a URL is read into its parts") {
    const auto url = parse_url("HTTPS://Example.COM:8443/a/b?c=d&e");
    REQUIRE(url);
    CHECK(url->scheme == "https");
    CHECK(url->host == "example.com");
    CHECK(url->port == 8443);
    CHECK(url->path == "/a/b");
    CHECK(url->query == "c=d&e");
    CHECK(!url->host_is_address);
    CHECK(url->text() == "https://example.com:8443/a/b?c=d&e");
    CHECK(url->origin() == "https://example.com:8443");
}

TEST_CASE("what a URL leaves out is filled in, and its own port is not written") {
    CHECK(parse_url("http://example.com")->text() == "http://example.com/");
    CHECK(parse_url("http://example.com")->port == 80);
    CHECK(parse_url("https://example.com?x")->text() == "https://example.com/?x");
    CHECK(parse_url("https://example.com:443/")->text() == "https://example.com/");
    CHECK(parse_url("https://example.com:/")->port == 443);
    CHECK(parse_url("http://example.com:443/")->text() == "http://example.com:443/");
}

TEST_CASE("the text of a URL is read back to the same URL") {
    for (const auto* text : {"http://example.com/", "https://[2606:4700::1]:8080/x?y", "http://a_b.example.com./",
                             "http://example.com/a%20b%2Fc?d=%00"}) {
        const auto url = parse_url(text);
        REQUIRE_MESSAGE(url, std::string(text));
        CHECK(url->text() == text);
        CHECK(parse_url(url->text())->text() == text);
    }
}

TEST_CASE("an IPv4 address is known as one in every form that some client would take it") {
    for (const auto* host : {"127.0.0.1", "0x7f.1", "0x7F.0.0.1", "2130706433", "127.1", "127.0.1", "0177.0.0.1", "0x7f000001",
                             "017700000001", "127.0.0.1.", "0x7f.0x0.0x0.0x1", "%31%32%37.0.0.1", "127.0.0.1"}) {
        const auto url = parse_url(std::string("http://") + host + "/");
        REQUIRE_MESSAGE(url, std::string(host));
        CHECK_MESSAGE(url->host == "127.0.0.1", std::string(host));
        CHECK_MESSAGE(url->host_is_address, std::string(host));
        CHECK(url->text() == "http://127.0.0.1/");
    }
    for (const auto* host :
         {"256.1.1.1", "1.2.3.4.5", "4294967296", "1.2.3.0x100", "example.0x1f", "foo.1", "0x1ffffffff", "08.0.0.1"}) {
        CHECK_MESSAGE(
            refusal(std::string("http://") + host + "/") == "has a host that ends in a number and is not an IPv4 address",
            std::string(host));
    }
}

TEST_CASE("an IPv6 address stands in brackets, in its usual form, and without a zone") {
    CHECK(parse_url("http://[::1]/")->host == "::1");
    CHECK(parse_url("http://[::1]/")->host_is_address);
    CHECK(parse_url("http://[::FFFF:127.0.0.1]/")->host == "::ffff:127.0.0.1");
    CHECK(parse_url("http://[2001:0db8:0:0::1]/")->text() == "http://[2001:db8::1]/");
    CHECK(refusal("http://[fe80::1%25eth0]/") == "must not name an IPv6 zone");
    for (const auto* text : {"http://[::1/", "http://[]/", "http://[12345::]/", "http://[127.0.0.1]/", "http://[::1]x/",
                             "http://::1/", "http://[v1.a]/"}) {
        CHECK_MESSAGE(!parse_url(text), std::string(text));
    }
}

TEST_CASE("an international name is known by its ASCII form") {
    CHECK(parse_url("https://bücher.example/")->host == "xn--bcher-kva.example");
    CHECK(parse_url("https://BÜCHER.example/")->host == "xn--bcher-kva.example");
    CHECK(parse_url("https://例え.テスト/")->host == "xn--r8jz45g.xn--zckzah");
    CHECK(parse_url("https://faß.example/")->host == "xn--fa-hia.example");  // not transitional: UTS 46
    CHECK(parse_url("https://example。com/")->host == "example.com");
    CHECK(!parse_url("https://\xff\xfe.example/"));
    CHECK(!parse_url("https://a\xc2\xad\xe2\x80\xae.example/"));  // a right-to-left override
}

TEST_CASE("bytes outside ASCII are percent-encoded in path and query") {
    CHECK(parse_url("http://example.com/ü?ß")->text() == "http://example.com/%C3%BC?%C3%9F");
}

TEST_CASE("dot segments never leave the root") { CHECK(parse_url("http://example.com/a/../../b/./c")->path == "/b/c"); }

TEST_CASE("userinfo and fragments are seen, and not written") {
    const auto url = parse_url("http://user:secret@example.com/x#y");
    REQUIRE(url);
    CHECK(url->has_userinfo);
    CHECK(url->has_fragment);
    CHECK(url->text() == "http://example.com/x");
    CHECK(parse_url("http://@example.com/")->has_userinfo);
    CHECK(parse_url("http://example.com@127.0.0.1/")->host == "127.0.0.1");
    CHECK(!parse_url("http://example.com/@x")->has_userinfo);
    CHECK(parse_url("http://example.com/#")->has_fragment);
}

TEST_CASE("each malformed URL is refused with the reason") {
    CHECK(refusal("") == "must begin with http:// or https://");
    CHECK(refusal("example.com") == "must begin with http:// or https://");
    CHECK(refusal("/relative") == "must begin with http:// or https://");
    CHECK(refusal("//example.com/") == "must begin with http:// or https://");
    CHECK(refusal("ftp://example.com/") == "must begin with http:// or https://");
    CHECK(refusal("file:///etc/passwd") == "must begin with http:// or https://");
    CHECK(refusal("http:/example.com/") == "must begin with http:// or https://");
    CHECK(refusal("http:example.com") == "must begin with http:// or https://");
    CHECK(refusal("javascript:alert(1)") == "must begin with http:// or https://");
    CHECK(refusal("http://") == "has no host");
    CHECK(refusal("http:///path") == "has no host");
    CHECK(refusal("http://?x") == "has no host");
    CHECK(refusal("http://:80/") == "has no valid host name");
    CHECK(refusal("http://user@/") == "has no valid host name");
    CHECK(refusal("http://example.com:0/") == "must have a port from 1 to 65535, or none");
    CHECK(refusal("http://example.com:65536/") == "must have a port from 1 to 65535, or none");
    CHECK(refusal("http://example.com:-1/") == "must have a port from 1 to 65535, or none");
    CHECK(refusal("http://example.com:8x/") == "must have a port from 1 to 65535, or none");
    CHECK(refusal(" http://example.com/") == "must not contain spaces");
    CHECK(refusal("http://exa mple.com/") == "must not contain spaces");
    CHECK(refusal("http://example.com/a b") == "must not contain spaces");
    CHECK(refusal("http://example.com\\@127.0.0.1/") == "must not contain backslashes");
    CHECK(refusal("http://example.com/\r\nX: y") == "must not contain control characters");
    CHECK(refusal("http://example.com/\t") == "must not contain control characters");
    CHECK(refusal("http://example.com/\x7f") == "must not contain control characters");
    CHECK(refusal(std::string_view("http://example.com/\0x", 21)) == "must not contain control characters");
    CHECK(refusal("http://" + std::string(9000, 'a')) == "must not be longer than 8192 bytes");
    for (const auto* host :
         {"a..b", ".", "..", ".a", "a(b", "a%2fb", "a%00b", "a%20b", "a<b", "a|b", "a^b", "a*b", "a,b", "a;b", "a&b"}) {
        CHECK_MESSAGE(!parse_url(std::string("http://") + host + "/"), std::string(host));
    }
    CHECK(!parse_url("http://" + std::string(64, 'a') + ".example/"));
    CHECK(parse_url("http://" + std::string(63, 'a') + ".example/"));
    std::string long_name;
    for (int i = 0; i < 50; ++i) long_name += "label.";
    CHECK(!parse_url("http://" + long_name + "example/"));
}

TEST_CASE("a reference is resolved as RFC 3986 section 5.4 shows it") {
    const auto* base = "http://a/b/c/d;p?q";
    CHECK(resolved(base, "http://h/g") == "http://h/g");
    CHECK(resolved(base, "g") == "http://a/b/c/g");
    CHECK(resolved(base, "./g") == "http://a/b/c/g");
    CHECK(resolved(base, "g/") == "http://a/b/c/g/");
    CHECK(resolved(base, "/g") == "http://a/g");
    CHECK(resolved(base, "//g") == "http://g/");
    CHECK(resolved(base, "?y") == "http://a/b/c/d;p?y");
    CHECK(resolved(base, "g?y") == "http://a/b/c/g?y");
    CHECK(resolved(base, "#s") == "http://a/b/c/d;p?q");
    CHECK(resolved(base, "g#s") == "http://a/b/c/g");
    CHECK(resolved(base, ";x") == "http://a/b/c/;x");
    CHECK(resolved(base, "") == "http://a/b/c/d;p?q");
    CHECK(resolved(base, ".") == "http://a/b/c/");
    CHECK(resolved(base, "..") == "http://a/b/");
    CHECK(resolved(base, "../g") == "http://a/b/g");
    CHECK(resolved(base, "../../g") == "http://a/g");
    CHECK(resolved(base, "../../../g") == "http://a/g");
    CHECK(resolved(base, "g?y/../x") == "http://a/b/c/g?y/../x");
}

TEST_CASE("a reference keeps the port and scheme of its base, and may change them") {
    CHECK(resolved("https://example.com:8443/x", "/y") == "https://example.com:8443/y");
    CHECK(resolved("https://example.com/x", "http://example.com/x") == "http://example.com/x");
    CHECK(resolved("http://[2001:db8::1]:81/x", "y") == "http://[2001:db8::1]:81/y");
}

TEST_CASE("a hostile or sloppy Location is refused or put right") {
    CHECK(resolved("http://a/", "  /a b  ") == "http://a/a%20b");
    CHECK(resolved("http://a/", "/ü") == "http://a/%C3%BC");
    CHECK(resolved("http://a/", "ftp://b/") == "must begin with http:// or https://");
    CHECK(resolved("http://a/", "file:///etc/passwd") == "must begin with http:// or https://");
    CHECK(resolved("http://a/", "gopher://b/") == "must begin with http:// or https://");
    CHECK(resolved("http://a/", "http://0x7f.1/") == "http://127.0.0.1/");
    CHECK(resolved("http://a/", "\\\\evil/") == "must not contain backslashes");
    CHECK(resolved("http://a/", "/x\r\nSet-Cookie: y") == "must not contain control characters");
    CHECK(resolved("http://a/", "http://") == "has no host");
    CHECK(resolved("http://a/", "/" + std::string(9000, 'a')) == "must not be longer than 8192 bytes");
    CHECK(resolve_url(*parse_url("http://a/"), "//user:pw@b/")->has_userinfo);
}

}  // namespace url_test
