using System.Text.Json;
using System.Threading.Channels;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace IoTBackend.Cli.Mcp;

/// <summary>Standard input and output. What was asked before the input ended is still answered: the library's own transport sends nothing from then on.</summary>
internal sealed class AnsweringTransport(McpServerOptions options) : ITransport
{
    private readonly StdioServerTransport _asked = new(options);
    private readonly Stream _output = Stream.Synchronized(Console.OpenStandardOutput());

    public string? SessionId => _asked.SessionId;

    public ChannelReader<JsonRpcMessage> MessageReader => _asked.MessageReader;

    public Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        // A line in one piece: there may be several answers at once.
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, McpJsonUtilities.DefaultOptions), (byte)'\n'];
        return _output.WriteAsync(line, 0, line.Length, cancellationToken);
    }

    public ValueTask DisposeAsync() => _asked.DisposeAsync();
}
