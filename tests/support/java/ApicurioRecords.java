import com.google.protobuf.DynamicMessage;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaDeserializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Writes records with Apicurio's serialisers: java ApicurioRecords BOOTSTRAP REGISTRY TOPIC_PREFIX. */
public final class ApicurioRecords {
    private static final Map<String, ?> EIGHT_BYTES =
        Map.of("apicurio.registry.id-handler", "io.apicurio.registry.serde.Legacy8ByteIdHandler");
    private static final Map<String, ?> INDEXES = Map.of(
        "apicurio.registry.serde.send-type-ref", false, "apicurio.registry.serde.send-indexes", true);
    private static final Map<String, ?> IN_HEADERS = Map.of(
        "apicurio.registry.headers.enabled", true,
        "apicurio.registry.headers.handler", "io.apicurio.registry.serde.kafka.headers.DefaultHeadersHandler");
    private static final String BY_TOPIC = "io.apicurio.registry.serde.strategy.SimpleTopicIdStrategy";
    private static final String BY_RECORD = "io.apicurio.registry.serde.avro.strategy.RecordIdStrategy";

    private static String registry;

    public static void main(String[] arguments) throws Exception {
        registry = arguments[1];
        String prefix = arguments[2];
        try (Records records = new Records(arguments[0])) {
            avro(records, prefix + "-avro", Map.of());
            avro(records, prefix + "-avro-8", EIGHT_BYTES);
            avro(records, prefix + "-avro-headers", IN_HEADERS);
            for (DynamicMessage message : Records.messages()) {
                protobuf(records, prefix + "-protobuf", message, Map.of());
                protobuf(records, prefix + "-protobuf-8", message, EIGHT_BYTES);
                protobuf(records, prefix + "-protobuf-headers", message, IN_HEADERS);
                protobuf(records, prefix + "-protobuf-indexes", message, INDEXES);
            }
        }
    }

    private static Map<String, Object> settings(String strategy, Map<String, ?> more) {
        Map<String, Object> made = new HashMap<>(Map.of(
            "apicurio.registry.url", registry,
            "apicurio.registry.auto-register", true,
            "apicurio.registry.artifact-resolver-strategy", strategy));
        made.putAll(more);
        return made;
    }

    private static void avro(Records records, String topic, Map<String, ?> more) throws Exception {
        Headers headers = new RecordHeaders();
        Serializer<Object> keys = new AvroKafkaSerializer<>();
        Serializer<Object> values = new AvroKafkaSerializer<>();
        Deserializer<Object> reader = new AvroKafkaDeserializer<>();
        keys.configure(settings(BY_RECORD, more), true);
        values.configure(settings(BY_RECORD, more), false);
        reader.configure(settings(BY_RECORD, more), false);
        byte[] key = keys.serialize(topic, headers, Records.key());
        byte[] value = values.serialize(topic, headers, Records.order());
        String back = reader.deserialize(topic, headers, value).toString();
        records.send(topic, "apicurio", Records.order().getSchema().toString(), key, value, back, headers);
    }

    private static void protobuf(Records records, String topic, DynamicMessage message, Map<String, ?> more)
            throws Exception {
        Headers headers = new RecordHeaders();
        Serializer<DynamicMessage> values = new ProtobufKafkaSerializer<>();
        Deserializer<DynamicMessage> reader = new ProtobufKafkaDeserializer<>();
        values.configure(settings(BY_TOPIC, more), false);
        reader.configure(settings(BY_TOPIC, more), false);
        byte[] value = values.serialize(topic, headers, message);
        // Its own deserialiser passes indexes over and asks for a reference; behind headers it asks for a class.
        String back = Records.json(more == INDEXES || more == IN_HEADERS ? message : reader.deserialize(topic, headers, value));
        records.send(topic, "apicurio", Records.protoText(), null, value, back, headers);
    }
}
