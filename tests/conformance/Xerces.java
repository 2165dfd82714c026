import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXParseException;

/** The other judge of schemas: reads "schema TAB document" lines, answers "ok" or "fail TAB first message" for each. */
public class Xerces {
    public static void main(String[] arguments) throws Exception {
        SchemaFactory factory = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI);
        Map<String, Schema> schemas = new HashMap<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split("\t");
            if (!schemas.containsKey(parts[0])) schemas.put(parts[0], factory.newSchema(new File(parts[0])));
            System.out.println(judge(schemas.get(parts[0]), new File(parts[1])));
            System.out.flush();
        }
    }

    private static String judge(Schema schema, File document) {
        String[] first = {null};
        try {
            var validator = schema.newValidator();
            validator.setErrorHandler(new ErrorHandler() {
                public void warning(SAXParseException e) { }
                public void error(SAXParseException e) { note(e); }
                public void fatalError(SAXParseException e) { note(e); }
                private void note(SAXParseException e) {
                    if (first[0] == null) first[0] = e.getLineNumber() + " " + e.getMessage();
                }
            });
            validator.validate(new StreamSource(document));
        } catch (Exception e) {
            if (first[0] == null) first[0] = String.valueOf(e.getMessage());
        }
        return first[0] == null ? "ok" : "fail\t" + first[0].replaceAll("[\t\r\n]+", " ");
    }
}
