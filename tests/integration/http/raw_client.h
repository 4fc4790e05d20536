// A client that says exactly what it is told to, byte for byte: what no well-behaved HTTP client would.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace sonde::test {

struct RawAnswer {
    int status = 0;                              // 0: the connection ended, or the deadline came, before there was one
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

// Every wait ends after ten seconds, `patience()` times that under a sanitizer.
class RawClient {
public:
    explicit RawClient(int port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False once the other end has closed.
    bool send(std::string_view bytes);
    void end_sending();  // the other end sees the end of the stream; answers may still be received
    // The next answer; `head` for the answer to a HEAD request, which has no body.
    RawAnswer receive(bool head = false);
    // What comes up to and with this text; all there was if the other end closes, or the deadline comes, before.
    std::string until(std::string_view text);
    // True if the other end closes before anything more comes.
    bool closed();
    // How long until the other end closes; the deadline if it does not.
    std::chrono::milliseconds until_closed();
    void shrink_receive_buffer();

private:
    bool fill();
    int fd_;
    std::string buffer_;
};

RawAnswer get(int port, std::string_view target);

}  // namespace sonde::test
