// The client's end of a WebSocket after its handshake, over memory: frames, by wslay.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::agent {

// Bytes in, messages out, and the other way. Pings are answered; a close frame, too. Not thread-safe.
class WebSocketFrames {
public:
    static constexpr std::size_t kMaxMessage = 64 * 1024;

    // Throws std::bad_alloc.
    WebSocketFrames();
    ~WebSocketFrames();
    WebSocketFrames(const WebSocketFrames&) = delete;
    WebSocketFrames& operator=(const WebSocketFrames&) = delete;

    void send(std::string_view text);
    // The last that is sent: status 1000.
    void close();
    // Takes what came. After a close frame or a breach nothing more is taken.
    void feed(std::string_view bytes);

    // Whole ones, since the last call.
    std::vector<std::string> take_messages();
    // What is to be sent.
    std::string take_output();

    // Of the server's close frame: 1005 if it says none, 0 while there is no such frame.
    [[nodiscard]] int close_code() const;
    [[nodiscard]] const std::string& close_reason() const;
    // In which way the server broke the protocol, or our bounds; empty if it did not.
    [[nodiscard]] std::string breach() const;

private:
    struct Session;
    std::unique_ptr<Session> session_;
};

}  // namespace sonde::agent
