// closelab audit --driver: Java's HttpURLConnection.
import java.io.*;
import java.net.*;
import java.util.*;

class JavaUrlConnection {
  static final Map<String, String> METHODS = Map.of("GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "PUT", "DELETE", "DELETE", "GETC", "GET", "UP", "POST");

  static String play(String word, String url, int number) throws Exception {
    var connection = (HttpURLConnection) new URL(url).openConnection();
    connection.setRequestMethod(METHODS.get(word));
    connection.setReadTimeout(8000);
    if (word.equals("GETC")) connection.setRequestProperty("Connection", "close");
    if (connection.getRequestMethod().startsWith("P")) { connection.setDoOutput(true); try (var out = connection.getOutputStream()) { out.write(word.equals("UP") ? new byte[number] : "ping".getBytes()); } }
    int status = connection.getResponseCode();
    try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) { return "ok " + status + " " + (in == null ? 0 : in.readAllBytes().length); }
  }

  public static void main(String[] arguments) {
    for (var input = new Scanner(System.in); input.hasNextLine();) {
      var words = input.nextLine().split(" ");
      String answer = words[1].equals("VERSION") ? "ok HttpURLConnection of Java " + Runtime.version() : "na";
      try { if (METHODS.containsKey(words[1])) answer = play(words[1], words[2], words.length > 3 ? Integer.parseInt(words[3]) : 0); } catch (Exception error) { answer = "err " + error.toString().replace('\n', ' '); }
      System.out.println(words[0] + " " + answer);
    }
  }
}
