// The first line is what a client says it accepts; all is what an event is made of. As `text/html, text/event-stream;q=0\n…`.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "lib/http/event.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

// What a client makes of one frame, by the standard's own rules: its data, and how many events it saw.
std::pair<std::string, int> read(std::string_view frame) {
    std::string data;
    int events = 0;
    while (!frame.empty()) {
        const auto end = frame.find_first_of("\r\n");
        fuzz::require(end != std::string_view::npos && frame[end] == '\n', "every line ends, and with a line feed");
        const auto line = frame.substr(0, end);
        frame.remove_prefix(end + 1);
        if (line.empty()) {
            ++events;
            continue;
        }
        const bool known = line.starts_with("data: ") || line == "event: fuzz";
        fuzz::require(known, "data makes no field of its own");
        if (line.starts_with("data: ")) data.append(line.substr(6)).append("\n");
    }
    if (!data.empty()) data.pop_back();
    return {data, events};
}

std::string with_line_feeds(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
        out += text[i] == '\r' ? '\n' : text[i];
    }
    return out;
}

}  // namespace

SONDE_FUZZ_TARGET(event_stream) {
    const auto text = fuzz::text(data, size);
    http::Request request;
    request.headers.emplace_back("accept", text.substr(0, text.find('\n')));
    if (http::accepts_events(request)) {
        request.headers.front().second = "a/b;q=1," + request.headers.front().second;
        fuzz::require(http::accepts_events(request), "what is accepted beside it makes no difference");
    }
    const auto [seen, events] = read(*http::encode({"fuzz", std::string(text)}));
    fuzz::require(events == 1 && seen == with_line_feeds(text), "one event arrives, with the data that was sent");
    try {
        const auto frame = http::encode({std::string(text), "x", std::string(text)});
        fuzz::require(std::count(frame->begin(), frame->end(), '\n') <= 4 && frame->find('\r') == std::string::npos, "a type is one line");
    } catch (const std::logic_error&) {
        fuzz::require(text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos, "only what breaks a line is refused");
    }
    return 0;
}
