using System.Text;
using System.Text.Json;
using Azure.Storage.Queues.Models;

namespace IoTBackend.Local.FunctionsHost.Queues;

/// <summary>A queue message as what the function's parameter is.</summary>
internal static class QueueValue
{
    // As the worker's own: property names without regard to case.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The body as meant by the sender; null when it is not the Base64 it should be.</summary>
    public static BinaryData? Decode(QueueMessage message, bool base64)
    {
        if (!base64)
            return message.Body;
        // Base64 of at most 64 KB: the largest message there is.
        var text = message.Body.ToMemory().Span;
        var bytes = new byte[text.Length];
        return System.Buffers.Text.Base64.DecodeFromUtf8(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            ? BinaryData.FromBytes(bytes.AsMemory(0, written))
            : null;
    }

    /// <summary>Throws JsonException or DecoderFallbackException when the body is not what the type asks for.</summary>
    public static object Convert(QueueMessage message, BinaryData body, Type type) =>
        type == typeof(QueueMessage) ? QueuesModelFactory.QueueMessage(
            message.MessageId, message.PopReceipt, body, message.DequeueCount, message.NextVisibleOn, message.InsertedOn, message.ExpiresOn)
        : type == typeof(BinaryData) ? body
        : type == typeof(byte[]) ? body.ToArray()
        : type == typeof(string) ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body)
        : JsonSerializer.Deserialize(body, type, Json) ?? throw new JsonException("The message is null.");
}
