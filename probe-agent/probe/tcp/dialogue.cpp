#include "probe-agent/probe/tcp/dialogue.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::agent {
namespace {

constexpr std::size_t kKept = 512;  // of what one step got

}  // namespace

std::string TcpDialogue::begin() { return advance(); }

std::string TcpDialogue::feed(std::string_view bytes) {
    if (state_ != State::waiting) return {};
    const auto taken = bytes.substr(0, kMaxReceived - std::min(received_, kMaxReceived));
    received_ += taken.size();
    unread_ += taken;
    auto sending = advance();
    if (state_ == State::waiting && (received_ >= kMaxReceived || matching_ >= kMaxMatching)) {
        overfull_ = true;
        fail();
    }
    return sending;
}

void TcpDialogue::end() {
    if (state_ == State::done || state_ == State::failed) return;
    ended_ = true;
    if (state_ == State::waiting && !unread_.empty() && steps_[heard_.size() - 1].action == check::TcpAction::expect_line) {
        unread_ += '\n';  // nothing will end the last line any more
        advance();
    }
    if (state_ != State::done) fail();
}

std::string TcpDialogue::secured() {
    state_ = State::waiting;
    heard_.back().met = true;
    heard_.back().found = "TLS";
    unread_.clear();
    searched_ = 0;
    return advance();
}

// Goes on until an expectation is not met yet.
std::string TcpDialogue::advance() {
    std::string sending;
    std::size_t at = heard_.empty() || heard_.back().met ? heard_.size() : heard_.size() - 1;
    for (; at < steps_.size(); ++at) {
        const auto& step = steps_[at];
        if (heard_.size() == at) heard_.emplace_back();
        if (check::is_sending(step.action)) {
            sending += step.bytes;
        } else if (step.action == check::TcpAction::starttls) {
            state_ = State::securing;
            return sending;
        } else if (!meets(step)) {
            return sending;
        }
        heard_[at].met = true;
    }
    state_ = State::done;
    return sending;
}

bool TcpDialogue::meets(const check::TcpStep& step) {
    auto& heard = heard_.back();
    if (step.action == check::TcpAction::expect_line) return finds_line(step, heard);
    heard.found = unread_.substr(0, kKept);
    return finds(step);
}

bool TcpDialogue::finds(const check::TcpStep& step) {
    if (unread_.empty()) return false;
    if (step.pattern) {
        const auto looked_at = std::string_view(unread_).substr(0, kMaxMatched);
        matching_ += looked_at.size();
        if (!step.pattern->contains(looked_at)) return false;
        unread_.clear();
        return true;
    }
    const auto place = unread_.find(step.bytes, searched_ - std::min(searched_, step.bytes.size() - 1));
    searched_ = unread_.size();
    if (place == std::string::npos) return false;
    unread_.erase(0, place + step.bytes.size());
    searched_ = 0;
    return true;
}

// A line is looked at once it is whole, without its end, and never again.
bool TcpDialogue::finds_line(const check::TcpStep& step, check::TcpHeard& heard) {
    std::size_t read = 0;
    bool found = false;
    while (!found) {
        const auto end = unread_.find('\n', std::max(read, searched_));
        if (end == std::string::npos) break;
        auto line = std::string_view(unread_).substr(read, end - read);
        if (line.ends_with('\r')) line.remove_suffix(1);
        matching_ += line.size();
        found = step.pattern->contains(line);
        if (found) heard.found.clear();
        if (heard.found.size() < kKept) heard.found += fmt::format("{}{}", heard.found.empty() ? "" : "\n", line.substr(0, kKept - heard.found.size()));
        read = end + 1;
    }
    unread_.erase(0, read);
    searched_ = found ? 0 : unread_.size();
    return found;
}

void TcpDialogue::fail() { state_ = State::failed; }

std::string TcpDialogue::waiting_for() const {
    if (heard_.empty() || state_ == State::done) return "nothing";
    return fmt::format("step {} ({})", heard_.size(), check::describe(steps_[heard_.size() - 1]));
}

}  // namespace sonde::agent
