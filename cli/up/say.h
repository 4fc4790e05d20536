// What the supervisor tells people: on the terminal while there is one, and always in its own log.
#pragma once

#include <filesystem>
#include <string_view>

namespace sonde::cli::up {

class Say {
public:
    explicit Say(const std::filesystem::path& log);
    ~Say();
    Say(const Say&) = delete;
    Say& operator=(const Say&) = delete;

    void line(std::string_view text);
    // On the terminal only: for what must not lie in a log.
    void privately(std::string_view text);
    // The terminal is gone, or not ours any more.
    void detach() { terminal_ = false; }

private:
    int log_ = -1;
    bool terminal_ = true;
};

}  // namespace sonde::cli::up
