// closelab audit --driver: Java's HttpURLConnection.
import java.net.*;
import java.util.*;

class JavaUrlConnection {
  static final Map<String, String> METHODS = Map.of("GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "PUT", "DELETE", "DELETE", "GETC", "GET", "GETF", "GET", "UP", "POST");

  static String play(String word, String url, int number) throws Exception {
    if (!METHODS.containsKey(word)) return word.equals("VERSION") ? "ok HttpURLConnection of Java " + Runtime.version() : "na";
    var connection = (HttpURLConnection) new URL(url).openConnection();
    connection.setRequestMethod(METHODS.get(word));
    connection.setConnectTimeout(8000);
    connection.setReadTimeout(8000);
    if (word.equals("GETC")) connection.setRequestProperty("Connection", "close");
    if (connection.getRequestMethod().startsWith("P")) { connection.setDoOutput(true); try (var out = connection.getOutputStream()) { out.write(word.equals("UP") ? new byte[number] : "ping".getBytes()); } }
    try (var in = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream()) { return "ok " + connection.getResponseCode() + " " + (in == null ? 0 : in.readAllBytes().length); }
  }

  public static void main(String[] arguments) {
    for (var input = new Scanner(System.in); input.hasNextLine();) {
      var words = (input.nextLine() + " - 0").split(" ");
      try { System.out.println(words[0] + " " + play(words[1], words[2], words.length > 5 ? Integer.parseInt(words[3]) : 0)); } catch (Exception error) { System.out.println(words[0] + " err " + error.toString().replace('\n', ' ')); }
    }
  }
}
