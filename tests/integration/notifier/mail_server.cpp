#include "tests/integration/notifier/mail_server.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sonde::test {
namespace {

std::string make_directory() {
    std::string name = "/tmp/sonde-mail-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return name;
}

}  // namespace

MailServer::MailServer(const std::vector<std::string>& how) : directory_(make_directory()) {
    std::ofstream(directory_ + "/cert.pem") << identity_.pem();
    std::ofstream(directory_ + "/key.pem") << identity_.key_pem();
    std::vector<std::string> arguments{directory_};
    arguments.insert(arguments.end(), how.begin(), how.end());
    server_ = std::make_unique<PythonServer>("tests/integration/notifier/smtp_server.py", arguments);
}

MailServer::~MailServer() {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::vector<Json> MailServer::taken() const {
    std::vector<Json> all;
    for (int number = 1;; ++number) {
        std::ifstream file(directory_ + "/" + std::to_string(number) + ".json");
        if (!file) return all;
        all.push_back(*json::parse(std::string(std::istreambuf_iterator<char>(file), {})));
    }
}

}  // namespace sonde::test
