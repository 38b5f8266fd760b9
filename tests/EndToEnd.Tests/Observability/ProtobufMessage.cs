using System.Buffers.Binary;
using System.Text;

namespace EndToEnd.Tests.Observability;

/// <summary>Just enough of protobuf's wire format to look into what an exporter sends: fields by number, in order.</summary>
internal sealed class ProtobufMessage
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private readonly List<(int Field, long Number, ReadOnlyMemory<byte> Bytes)> fields = [];

    public ProtobufMessage(ReadOnlyMemory<byte> encoded)
    {
        var at = 0;
        while (at < encoded.Length)
        {
            var tag = ReadVarint(encoded.Span, ref at);
            var field = (int)(tag >> 3);
            switch ((int)(tag & 7))
            {
                case Varint:
                    fields.Add((field, ReadVarint(encoded.Span, ref at), default));
                    break;
                case Fixed64:
                    fields.Add((field, BinaryPrimitives.ReadInt64LittleEndian(encoded.Span[at..]), default));
                    at += 8;
                    break;
                case Bytes:
                    var length = (int)ReadVarint(encoded.Span, ref at);
                    fields.Add((field, 0, encoded.Slice(at, length)));
                    at += length;
                    break;
                case Fixed32:
                    fields.Add((field, BinaryPrimitives.ReadInt32LittleEndian(encoded.Span[at..]), default));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7}.");
            }
        }
    }

    public IEnumerable<ProtobufMessage> Messages(int field) => fields.Where(f => f.Field == field).Select(f => new ProtobufMessage(f.Bytes));

    /// <summary>Along a path of fields, every message at its end.</summary>
    public IEnumerable<ProtobufMessage> Path(params int[] path) =>
        path.Aggregate<int, IEnumerable<ProtobufMessage>>([this], (found, field) => found.SelectMany(message => message.Messages(field)));

    public string Text(int field) => Encoding.UTF8.GetString(Raw(field));

    public string Hex(int field) => Convert.ToHexStringLower(Raw(field));

    public long Number(int field) => fields.FirstOrDefault(f => f.Field == field).Number;

    private ReadOnlySpan<byte> Raw(int field) => fields.FirstOrDefault(f => f.Field == field).Bytes.Span;

    private static long ReadVarint(ReadOnlySpan<byte> from, ref int at)
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var next = from[at++];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
