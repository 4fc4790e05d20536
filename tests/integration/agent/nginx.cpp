#include "tests/integration/agent/nginx.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/support/servers.h"

namespace sonde::test {
namespace {

constexpr const char* kNginxProgram = "/usr/sbin/nginx";

constexpr std::string_view kNginxConfig = R"(daemon off;
worker_processes 1;
pid {0}/pid;
error_log {0}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi; uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;
  server {{
    listen 127.0.0.1:{1} ssl http2;
    ssl_certificate {0}/certificate.pem;
    ssl_certificate_key {0}/key.pem;
    root {0};
    location = / {{ return 200 hello; }}
    location = /large {{ try_files /large =404; }}
    location = /status.json {{ gzip on; gzip_types application/json; default_type application/json; try_files /status.json =404; }}
    location = /moved {{ return 302 /; }}
    location / {{ return 404; }}
  }}
}}
)";

}  // namespace

bool Nginx::is_there() { return ::access(kNginxProgram, X_OK) == 0; }

Nginx::Nginx(const Certificate& certificate) : port_(closed_port()) {
    const auto& here = directory_.path();
    std::filesystem::permissions(here, std::filesystem::perms{0755});  // its worker may be another user
    std::ofstream(here + "/certificate.pem") << certificate.pem();
    std::ofstream(here + "/key.pem") << certificate.key_pem();
    std::ofstream(here + "/large") << std::string((1 << 20) + 1, 'x');
    std::ofstream(here + "/status.json") << R"({"status":"ok","parts":[)" << [] {
        std::string parts;
        for (int i = 0; i < 1000; ++i) parts += (i == 0 ? "" : ",") + std::string(R"({"name":"part )") + std::to_string(i) + R"(","ms":)" + std::to_string(i % 100) + "}";
        return parts;
    }() << "]}";
    std::ofstream(here + "/nginx.conf") << fmt::format(kNginxConfig, here, port_);
    const auto config = here + "/nginx.conf";
    std::string arguments[] = {kNginxProgram, "-c", config, "-p", here, "-e", here + "/error.log"};
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (::posix_spawn(&process_, kNginxProgram, nullptr, nullptr, argv.data(), environ) != 0)
        throw std::runtime_error("cannot start nginx");
    if (!eventually([&] { return std::filesystem::exists(here + "/pid") && std::filesystem::file_size(here + "/pid") > 0; })) {
        throw std::runtime_error("nginx did not start");
    }
}

Nginx::~Nginx() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

}  // namespace sonde::test
