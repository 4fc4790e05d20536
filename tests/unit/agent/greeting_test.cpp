#include <doctest/doctest.h>

#include "probe-agent/probe/banner/greeting.h"

namespace greeting_test {

using namespace sonde;
using namespace sonde::agent;
using check::BannerProtocol;

namespace {

Greeting greeted(BannerProtocol protocol, std::string_view text, bool goodbye = true) {
    Greeting greeting(protocol, goodbye);
    greeting.feed(text);
    return greeting;
}

}  // namespace

TEST_CASE("leave is taken once, when the greeting is whole, in the protocol's own words") {
    Greeting smtp(BannerProtocol::smtp, true);
    CHECK(smtp.feed("220-mx\r\n220 ").empty());
    CHECK(smtp.feed("ready\r\n") == "QUIT\r\n");
    CHECK(smtp.state() == Greeting::State::parting);
    CHECK(smtp.feed("250 what\r\n").empty());
    CHECK(!smtp.facts().goodbye);
    CHECK(smtp.feed("221 bye\r\n").empty());
    CHECK(smtp.facts().goodbye);
    CHECK(smtp.state() == Greeting::State::over);
    Greeting imap(BannerProtocol::imap, true);
    CHECK(imap.feed("* ok hi\r\n") == "s1 LOGOUT\r\n");
    CHECK(imap.feed("* BYE\r\ns1 ok\r\n").empty());
    CHECK(imap.facts().goodbye);
    Greeting quiet(BannerProtocol::pop3, false);
    CHECK(quiet.feed("+OK\r\n").empty());
    CHECK(quiet.state() == Greeting::State::over);
}

TEST_CASE("each protocol's greeting is held to its shape") {
    struct Row {
        BannerProtocol protocol;
        std::string text, fault;
    };
    const Row rows[] = {
        {BannerProtocol::smtp, "220\r\n", ""},
        {BannerProtocol::smtp, "2200 x\r\n", "a line without a code: 2200 x"},
        {BannerProtocol::smtp, "220-a\r\nb\r\n", "a line without a code: b"},
        {BannerProtocol::smtp, "421-a\r\n421 b\r\n", "421-a\n421 b"},
        {BannerProtocol::ftp, "220-a\r\nb\r\n 220 c\r\n220 d\r\n", ""},
        {BannerProtocol::ftp, "220-a\r\n230 b\r\n220 d\r\n", ""},
        {BannerProtocol::ftp, "120 wait\r\n", "120 wait"},
        {BannerProtocol::imap, "* PREAUTH x\n", ""},
        {BannerProtocol::imap, "* OKAY\n", "* OKAY"},
        {BannerProtocol::pop3, "+OK\n", ""},
        {BannerProtocol::pop3, "+OKAY\n", "+OKAY"},
        {BannerProtocol::ssh, "SSH-1.99-x\n", ""},
        {BannerProtocol::ssh, "SSH-2.0\n", "an identification without a software version: SSH-2.0"},
        {BannerProtocol::ssh, "SSH-3.0-x\n", "a version of SSH that is not 2.0: SSH-3.0-x"},
        {BannerProtocol::ssh, "SSH-2.0-\x01\n", "an identification that is not plain text"},
        {BannerProtocol::ssh, "SSH-2.0-" + std::string(246, 'x') + "\n", "an identification of more than 255 bytes"},
        {BannerProtocol::ssh, "SSH-2.0-" + std::string(245, 'x') + "\n", ""},
    };
    for (const auto& row : rows) {
        const auto greeting = greeted(row.protocol, row.text, false);
        CHECK_MESSAGE(greeting.facts().fault == row.fault, row.text);
        CHECK(greeting.state() == Greeting::State::over);
    }
}

TEST_CASE("an end before the greeting is whole is told, with what there was") {
    auto greeting = greeted(BannerProtocol::smtp, "220-mx\r\n22");
    greeting.end();
    CHECK(greeting.facts().ended);
    CHECK(greeting.facts().lines == std::vector<std::string>{"220-mx", "22"});
    auto whole = greeted(BannerProtocol::smtp, "220 mx\r\n");
    whole.end();
    CHECK(!whole.facts().ended);
}

TEST_CASE("a server names its software where its protocol has a place for that") {
    CHECK(greeted(BannerProtocol::smtp, "220 mx.test ESMTP Exim 4.96 Mon\r\n").facts().software == "Exim 4.96 Mon");
    CHECK(greeted(BannerProtocol::smtp, "220 mx.test ready\r\n").facts().software.empty());
    const auto ssh = greeted(BannerProtocol::ssh, "hello\r\nSSH-2.0-dropbear_2022.83 a b\r\n", false).facts();
    CHECK(ssh.software == "dropbear_2022.83");
    CHECK(ssh.before == std::vector<std::string>{"hello"});
}

}  // namespace greeting_test
