using System.Net;
using System.Text;
using IoTBackend.Stack;

namespace Cli.Tests;

/// <summary>Answers every call with what a function says of its method and path; null = another status.</summary>
internal sealed class StubBackend : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, string?> _answer;
    private readonly int _otherwise;

    public StubBackend(Func<string, string?> answer, int otherwise = 404)
    {
        (_answer, _otherwise) = (answer, otherwise);
        Url = $"http://127.0.0.1:{FreePorts.Take(1)[0]}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Url { get; }

    /// <summary>What was called, each as <c>POST /api/...</c>.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Of the latest call: the version it is about.</summary>
    public string? IfMatch { get; private set; }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            var context = await _listener.GetContextAsync();
            var call = $"{context.Request.HttpMethod} {context.Request.Url!.PathAndQuery}";
            Calls.Add(call);
            IfMatch = context.Request.Headers["If-Match"];
            var body = _answer(call);
            context.Response.StatusCode = body is null ? _otherwise : 200;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body ?? """{"title":"There is no such thing."}"""));
            context.Response.Close();
        }
    }
}
