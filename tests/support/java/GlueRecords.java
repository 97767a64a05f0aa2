import com.amazonaws.services.schemaregistry.common.configs.GlueSchemaRegistryConfiguration;
import com.amazonaws.services.schemaregistry.deserializers.protobuf.ProtobufWireFormatDecoder;
import com.amazonaws.services.schemaregistry.serializers.SerializationDataEncoder;
import com.amazonaws.services.schemaregistry.serializers.avro.AvroSerializer;
import com.amazonaws.services.schemaregistry.serializers.protobuf.MessageIndexFinder;
import com.amazonaws.services.schemaregistry.serializers.protobuf.ProtobufSerializer;
import com.amazonaws.services.schemaregistry.utils.AWSSchemaRegistryConstants.COMPRESSION;
import com.amazonaws.services.schemaregistry.utils.ProtobufMessageType;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Writes records with AWS Glue's serialisers, without AWS: java GlueRecords BOOTSTRAP TOPIC_PREFIX. */
public final class GlueRecords {
    private static final UUID VERSION = UUID.fromString("b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63");

    public static void main(String[] arguments) throws Exception {
        String prefix = arguments[1];
        try (Records records = new Records(arguments[0])) {
            for (COMPRESSION compression : COMPRESSION.values()) {
                GlueSchemaRegistryConfiguration settings = new GlueSchemaRegistryConfiguration("eu-central-1");
                settings.setCompressionType(compression);
                settings.setProtobufMessageType(ProtobufMessageType.DYNAMIC_MESSAGE);
                avro(records, prefix + "-glue-avro", settings);
                for (DynamicMessage message : messages()) {
                    protobuf(records, prefix + "-glue-protobuf", settings, message);
                }
            }
        }
    }

    private static List<DynamicMessage> messages() throws Exception {
        List<DynamicMessage> made = new ArrayList<>(Records.messages());
        Descriptor item = Records.file().findMessageTypeByName("Order").findNestedTypeByName("Item");
        made.add(Records.message(item, "sku", "b-2", "n", 5));
        made.add(Records.message(item.findNestedTypeByName("Part"), "last", true));
        return made;
    }

    private static void avro(Records records, String topic, GlueSchemaRegistryConfiguration settings)
            throws Exception {
        AvroSerializer serialiser = new AvroSerializer();
        GenericRecord order = Records.order();
        byte[] value = new SerializationDataEncoder(settings).write(serialiser.serialize(order), VERSION);
        records.send(topic, "glue", serialiser.getSchemaDefinition(order), null, value, order.toString(), new RecordHeaders());
    }

    private static void protobuf(
            Records records, String topic, GlueSchemaRegistryConfiguration settings, DynamicMessage message)
            throws Exception {
        ProtobufSerializer serialiser = new ProtobufSerializer(settings);
        byte[] bytes = serialiser.serialize(message);
        byte[] value = new SerializationDataEncoder(settings).write(bytes, VERSION);
        Object back = new ProtobufWireFormatDecoder(new MessageIndexFinder())
            .decode(bytes, message.getDescriptorForType().getFile(), ProtobufMessageType.DYNAMIC_MESSAGE);
        records.send(topic, "glue", Records.protoText(), null, value, Records.json(back), new RecordHeaders());
    }
}
