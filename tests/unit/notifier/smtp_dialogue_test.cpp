#include "notifier/send/smtp_dialogue.h"

#include <doctest/doctest.h>

#include <string>

namespace smtp_dialogue_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

// Lines that begin with `> ` are ours.
SmtpDialogue heard(std::initializer_list<std::string> lines) {
    SmtpDialogue dialogue;
    for (const auto& line : lines) {
        if (line.starts_with("> ")) dialogue.said(line.substr(2) + "\r\n");
        else dialogue.answered(line + "\r\n");
    }
    return dialogue;
}

}  // namespace

TEST_CASE("each recipient has its own answer, and the message has the last word") {
    const auto dialogue = heard({"220-mail.test", "220 ready", "> EHLO me", "250-mail.test", "250 SIZE 1000", "> MAIL FROM:<a@b.example>", "250 ok", "> RCPT TO:<c@d.example>",
                                 "550-5.1.1 nobody", "550 5.1.1 of this name", "> RCPT TO:<e@f.example>", "250 ok", "> DATA", "354 go on", "250 2.0.0 taken", "> QUIT", "421 bye"});
    REQUIRE(dialogue.recipients().size() == 2);
    CHECK(dialogue.recipients()[0].code == 550);
    CHECK(dialogue.recipients()[0].words == "5.1.1 nobody 5.1.1 of this name");
    CHECK(dialogue.recipients()[1].code == 250);
    CHECK(dialogue.end().code == 250);
    CHECK(dialogue.end().words == "2.0.0 taken");
    CHECK(dialogue.is_over());
}

TEST_CASE("what is refused is the end, unless it goes on") {
    CHECK(heard({"554 go away"}).end().code == 554);
    CHECK(heard({"220 hi", "> EHLO me", "250 hi", "> AUTH PLAIN AGFubgBodW50ZXIy", "535 5.7.8 no", "> QUIT", "221 bye"}).end().code == 535);
    const auto old = heard({"220 hi", "> EHLO me", "502 what", "> HELO me", "250 hi", "> MAIL FROM:<a@b.example>", "250 ok", "> RCPT TO:<c@d.example>", "250 ok", "> DATA", "354 go on"});
    CHECK(old.end().code == 0);
    CHECK(!old.is_over());
    CHECK(heard({"220 hi", "> DATA", "451 not now"}).end().code == 451);
    CHECK(heard({"220 hi", "> DATA", "354 go on", "552 too much"}).end().code == 552);
}

TEST_CASE("what is no answer is passed over, and what is kept is bounded") {
    const auto dialogue = heard({"hello", "2", "2500 x", "25x ok", "> RCPT TO:<c@d.example>", "550" + std::string("-") + std::string(9000, 'x'), "550 " + std::string(9000, 'y')});
    REQUIRE(dialogue.recipients().size() == 1);
    CHECK(dialogue.recipients()[0].code == 550);
    CHECK(dialogue.recipients()[0].words.size() <= MailAnswer::kMaxWords);
    CHECK(heard({"> RCPT TO:<c@d.example>"}).recipients()[0].code == 0);
}

}  // namespace smtp_dialogue_test
