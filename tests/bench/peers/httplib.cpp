// cpp-httplib, a thread for each connection under way: bench_httplib PORT

#include <httplib.h>

#include <cstdlib>
#include <limits>

int main(int count, char** arguments) {
  if (count != 2) return EXIT_FAILURE;
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.set_keep_alive_max_count(std::numeric_limits<int>::max());
  server.set_keep_alive_timeout(600);
  server.set_tcp_nodelay(true);
  server.Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("Hello, world!", "text/plain");
  });
  server.listen("0.0.0.0", std::atoi(arguments[1]));
}
