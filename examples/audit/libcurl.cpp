// closelab audit --driver: libcurl, with one handle, which keeps its connections. Made by CMake, as audit_libcurl.
// clang-format off
#include <curl/curl.h>
#include <iostream>
#include <sstream>

static std::string play(CURL* curl, const std::string& word, const std::string& url, long number) {
  const std::string method = word == "GETF" || word == "CANCEL" ? "GET" : word == "UP" ? "POST" : word;
  if (word == "VERSION") return std::string("ok ") + curl_version();
  if (std::string(" GET HEAD POST PUT DELETE ").find(" " + method + " ") == std::string::npos) return "na";
  const std::string body(word == "UP" ? static_cast<size_t>(number) : 4, 'x');
  long status = 0, size = 0;
  for (const auto& [option, value] : {std::pair{CURLOPT_FOLLOWLOCATION, 1L}, {CURLOPT_NOBODY, method == "HEAD"}, {CURLOPT_TIMEOUT_MS, word == "CANCEL" ? number : 8000}, {CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size())}}) curl_easy_setopt(curl, option, value);
  for (const auto& [option, value] : {std::pair{CURLOPT_URL, url.c_str()}, {CURLOPT_POSTFIELDS, method[0] == 'P' ? body.c_str() : nullptr}, {CURLOPT_CUSTOMREQUEST, method.c_str()}}) if (value) curl_easy_setopt(curl, option, value);
  size_t (*const count)(char*, size_t, size_t, long*) = [](char*, size_t, size_t bytes, long* sum) { *sum += static_cast<long>(bytes); return bytes; };
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count), curl_easy_setopt(curl, CURLOPT_WRITEDATA, &size);
  if (const CURLcode result = curl_easy_perform(curl)) return std::string("err ") + curl_easy_strerror(result);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return "ok " + std::to_string(status) + " " + std::to_string(size);
}

int main() {
  CURL* curl = curl_easy_init();
  for (std::string line, step, word, url; std::getline(std::cin, line); curl_easy_reset(curl)) { long number = 0; std::istringstream(line) >> step >> word >> url >> number; std::cout << step << " " << play(curl, word, url, number) << std::endl; }
}
