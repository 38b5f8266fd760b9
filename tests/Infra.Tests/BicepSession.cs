using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Infra.Tests;

/// <summary>The compiler kept open: JSON-RPC 2.0 over its standard streams, framed by <c>Content-Length</c> as in the language server protocol.</summary>
internal sealed class BicepSession : IDisposable
{
    private const string Subscription = "00000000-0000-0000-0000-000000000000";

    private readonly Process _process;
    private int _id;

    public BicepSession()
    {
        var start = new ProcessStartInfo(Repository.Bicep, ["jsonrpc", "--stdio"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        BicepCli.RemoveParameterVariables(start);
        _process = Process.Start(start)!;
    }

    /// <summary>Every resource that deploying <paramref name="parameterFile"/> would leave behind.</summary>
    public Deployment Snapshot(string parameterFile)
    {
        var metadata = new JsonObject { ["subscriptionId"] = Subscription, ["location"] = "westeurope", ["deploymentName"] = "iot" };
        var result = Call("bicep/getSnapshot", new() { ["path"] = parameterFile, ["metadata"] = metadata });
        return new(JsonDocument.Parse(result.GetProperty("snapshot").GetString()!).RootElement);
    }

    /// <summary>The template as Resource Manager gets it.</summary>
    public JsonElement Compile(string file) =>
        JsonDocument.Parse(Call("bicep/compile", new() { ["path"] = file }).GetProperty("contents").GetString()!).RootElement;

    /// <summary>What the compiler says against <paramref name="parameterFile"/> when one parameter is replaced; empty when it accepts it.</summary>
    public string Objection(string parameterFile, string parameter, string valueJson)
    {
        var overrides = new JsonObject { [parameter] = JsonNode.Parse(valueJson) };
        var result = Call("bicep/compileParams", new() { ["path"] = parameterFile, ["parameterOverrides"] = overrides });
        return string.Join('\n', result.GetProperty("diagnostics").EnumerateArray().Select(d => d.GetRawText()));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonElement Call(string method, JsonObject parameters)
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++_id, ["method"] = method, ["params"] = new JsonArray(parameters) };
        var body = Encoding.UTF8.GetBytes(request.ToJsonString());
        var stream = _process.StandardInput.BaseStream;
        stream.Write(Encoding.ASCII.GetBytes($"Content-Length: {body.Length}\r\n\r\n"));
        stream.Write(body);
        stream.Flush();
        var answer = JsonDocument.Parse(ReadMessage()).RootElement;
        return answer.TryGetProperty("error", out var error) ? throw new InvalidOperationException(error.GetRawText()) : answer.GetProperty("result");
    }

    private byte[] ReadMessage()
    {
        var length = 0;
        for (var line = ReadLine(); line.Length > 0; line = ReadLine())
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line.AsSpan(15), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
        }

        var body = new byte[length];
        _process.StandardOutput.BaseStream.ReadExactly(body);
        return body;
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        for (int b; (b = _process.StandardOutput.BaseStream.ReadByte()) is not ('\n' or -1);)
            line.Append((char)b);
        return line.ToString().TrimEnd('\r');
    }
}
