using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues.Models;
using Google.Protobuf;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Queues;

/// <summary>A queue message as the worker wants it.</summary>
internal static class QueueInput
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

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

    /// <summary>The text, or for parameters that take it (QueueMessage, BinaryData) the whole message.</summary>
    /// <exception cref="DecoderFallbackException">The body is no UTF-8.</exception>
    public static TypedData Of(QueueMessage message, BinaryData body, bool whole)
    {
        var text = Strict.GetString(body);
        return whole
            ? new()
            {
                ModelBindingData = new()
                {
                    Version = "1.0",
                    Source = "AzureStorageQueues",
                    ContentType = "application/json",
                    Content = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(new
                    {
                        message.MessageId,
                        message.PopReceipt,
                        MessageText = text,
                        message.DequeueCount,
                        message.NextVisibleOn,
                        message.InsertedOn,
                        message.ExpiresOn,
                    })),
                },
            }
            : new() { String = text };
    }

    public static Dictionary<string, TypedData> Metadata(QueueMessage message, BinaryData body) => new()
    {
        ["QueueTrigger"] = new() { String = body.ToString() },
        ["Id"] = new() { String = message.MessageId },
        ["DequeueCount"] = new() { String = message.DequeueCount.ToString(CultureInfo.InvariantCulture) },
        ["PopReceipt"] = new() { String = message.PopReceipt },
        ["InsertionTime"] = Json(message.InsertedOn),
        ["ExpirationTime"] = Json(message.ExpiresOn),
        ["NextVisibleTime"] = Json(message.NextVisibleOn),
    };

    private static TypedData Json(DateTimeOffset? time) => new() { Json = JsonSerializer.Serialize(time) };
}
