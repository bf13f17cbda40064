import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.event.ruler.Machine;

/** Answers line by line: `clear`; `+` and a pattern; `run`, with how many patterns matched in all events and in how many seconds. */
public class Match {
  public static void main(String[] args) throws Exception {
    List<String> events = Files.readAllLines(Path.of(args[0]));
    Machine machine = new Machine();
    int rules = 0;
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("clear")) machine = new Machine();
      else if (line.equals("run")) {
        long start = System.nanoTime();
        long matches = 0;
        for (String event : events) matches += machine.rulesForJSONEvent(event).size();
        System.out.println(matches + " " + (System.nanoTime() - start) / 1e9);
      } else machine.addRule("rule" + rules++, line.substring(1));
    }
  }
}
