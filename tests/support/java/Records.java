import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The records that both serialisers write, and what is printed about each. */
final class Records implements AutoCloseable {
    private final KafkaProducer<byte[], byte[]> producer;

    Records(String bootstrap) {
        producer = new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap), new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void close() {
        producer.close();
    }

    /** Write a record to Kafka, and print it with what its library reads back. */
    void send(
            String topic, String writtenBy, String schema, byte[] key, byte[] value, String readBack, Headers headers)
            throws Exception {
        producer.send(new ProducerRecord<>(topic, null, key, value, headers)).get();
        HexFormat hex = HexFormat.of();
        List<String> named = new ArrayList<>();
        for (Header one : headers) {
            named.add("[" + quoted(one.key()) + "," + quoted(hex.formatHex(one.value())) + "]");
        }
        System.out.println("{\"topic\":" + quoted(topic) + ",\"written_by\":" + quoted(writtenBy) + ",\"schema\":"
            + quoted(schema) + ",\"key\":" + (key == null ? "null" : quoted(hex.formatHex(key))) + ",\"value\":"
            + quoted(hex.formatHex(value)) + ",\"headers\":[" + String.join(",", named) + "],\"read_back\":"
            + readBack + "}");
    }

    static GenericRecord order() {
        Schema item = Schema.createRecord("Item", null, "shop", false, List.of(
            new Schema.Field("sku", Schema.create(Schema.Type.STRING)),
            new Schema.Field("n", Schema.create(Schema.Type.INT))));
        Schema schema = Schema.createRecord("Order", null, "shop", false, List.of(
            new Schema.Field("id", Schema.create(Schema.Type.STRING)),
            new Schema.Field("total", Schema.create(Schema.Type.LONG)),
            new Schema.Field("ratio", Schema.create(Schema.Type.DOUBLE)),
            new Schema.Field("note", Schema.createUnion(
                Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.STRING))),
            new Schema.Field("items", Schema.createArray(item)),
            new Schema.Field("counts", Schema.createMap(Schema.create(Schema.Type.INT))),
            new Schema.Field("paid", Schema.create(Schema.Type.BOOLEAN))));
        GenericRecord one = new GenericRecordBuilder(item).set("sku", "a-1").set("n", 2).build();
        return new GenericRecordBuilder(schema).set("id", "o-1").set("total", -9007199254740993L)
            .set("ratio", 0.5).set("note", "grüße").set("items", List.of(one, one))
            .set("counts", Map.of("x", 7)).set("paid", true).build();
    }

    static GenericRecord key() {
        Schema schema = Schema.createRecord("OrderKey", null, "shop", false, List.of(
            new Schema.Field("id", Schema.create(Schema.Type.STRING))));
        return new GenericRecordBuilder(schema).set("id", "o-1").build();
    }

    static FieldDescriptorProto field(String name, int number, Type type, Label label, String of) {
        FieldDescriptorProto.Builder made =
            FieldDescriptorProto.newBuilder().setName(name).setNumber(number).setType(type).setLabel(label);
        return of == null ? made.build() : made.setTypeName(of).build();
    }

    static FileDescriptor file() throws Exception {
        DescriptorProto part = DescriptorProto.newBuilder().setName("Part")
            .addField(field("last", 1, Type.TYPE_BOOL, Label.LABEL_OPTIONAL, null)).build();
        DescriptorProto item = DescriptorProto.newBuilder().setName("Item").addNestedType(part)
            .addField(field("sku", 1, Type.TYPE_STRING, Label.LABEL_OPTIONAL, null))
            .addField(field("n", 2, Type.TYPE_SINT32, Label.LABEL_OPTIONAL, null))
            .addField(field("part", 3, Type.TYPE_MESSAGE, Label.LABEL_OPTIONAL, ".shop.Order.Item.Part")).build();
        DescriptorProto order = DescriptorProto.newBuilder().setName("Order").addNestedType(item)
            .addField(field("id", 1, Type.TYPE_STRING, Label.LABEL_OPTIONAL, null))
            .addField(field("total", 2, Type.TYPE_INT64, Label.LABEL_OPTIONAL, null))
            .addField(field("items", 3, Type.TYPE_MESSAGE, Label.LABEL_REPEATED, ".shop.Order.Item"))
            .addField(field("ratio", 4, Type.TYPE_DOUBLE, Label.LABEL_OPTIONAL, null)).build();
        DescriptorProto customer = DescriptorProto.newBuilder().setName("Customer")
            .addField(field("name", 1, Type.TYPE_STRING, Label.LABEL_OPTIONAL, null)).build();
        FileDescriptorProto proto = FileDescriptorProto.newBuilder().setName("shop.proto").setPackage("shop")
            .setSyntax("proto3").addMessageType(order).addMessageType(customer).build();
        return FileDescriptor.buildFrom(proto, new FileDescriptor[0]);
    }

    /** The same file as text. */
    static String protoText() {
        return "syntax = \"proto3\"; package shop;"
            + " message Order { string id = 1; int64 total = 2; repeated Item items = 3; double ratio = 4;"
            + " message Item { string sku = 1; sint32 n = 2; Part part = 3; message Part { bool last = 1; } } }"
            + " message Customer { string name = 1; }";
    }

    static DynamicMessage message(Descriptor descriptor, Object... pairs) {
        DynamicMessage.Builder made = DynamicMessage.newBuilder(descriptor);
        for (int at = 0; at < pairs.length; at += 2) {
            made.setField(descriptor.findFieldByName((String) pairs[at]), pairs[at + 1]);
        }
        return made.build();
    }

    static List<DynamicMessage> messages() throws Exception {
        Descriptor order = file().findMessageTypeByName("Order");
        Descriptor item = order.findNestedTypeByName("Item");
        DynamicMessage part = message(item.findNestedTypeByName("Part"), "last", true);
        DynamicMessage one = message(item, "sku", "a-1", "n", -2, "part", part);
        return List.of(
            message(order, "id", "o-1", "total", 9007199254740993L, "items", List.of(one, one), "ratio", 0.5),
            message(file().findMessageTypeByName("Customer"), "name", "grüße"));
    }

    static String json(com.google.protobuf.MessageOrBuilder message) throws Exception {
        StringBuilder text = new StringBuilder("{");
        for (var entry : message.getAllFields().entrySet()) {
            text.append(text.length() > 1 ? "," : "").append(quoted(entry.getKey().getName())).append(':');
            text.append(json(entry.getValue()));
        }
        return text.append('}').toString();
    }

    static String json(Object value) throws Exception {
        if (value instanceof com.google.protobuf.MessageOrBuilder message) {
            return json(message);
        }
        if (value instanceof List<?> list) {
            List<String> parts = new ArrayList<>();
            for (Object one : list) {
                parts.add(json(one));
            }
            return "[" + String.join(",", parts) + "]";
        }
        return value instanceof String ? quoted((String) value) : value.toString();
    }

    static String quoted(String text) {
        StringBuilder made = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            made.append(one < ' ' || one == '"' || one == '\\' || one > '~' ? String.format("\\u%04x", (int) one) : one);
        }
        return made.append('"').toString();
    }
}
