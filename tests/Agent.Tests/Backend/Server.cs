using System.IO.Compression;
using System.Net;
using System.Text;

namespace Agent.Tests.Backend;

/// <summary>Answers of a backend, one after the other, and what it was asked: for what a real one does on no bidding. The real one is in EndToEnd.Tests.</summary>
internal sealed class Server : HttpMessageHandler
{
    private readonly Queue<Func<HttpResponseMessage>> _answers = new();

    public List<(string Request, string Body, string? Authorization)> Asked { get; } = [];

    public HttpClient Client() => new(this, disposeHandler: false) { BaseAddress = new("https://iot.example.com/") };

    public Server Answer(HttpStatusCode status, string body = "", params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(() =>
        {
            var type = body.StartsWith('<') ? "text/html" : (int)status >= 400 ? "application/problem+json" : "application/json";
            var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, type) };
            foreach (var (name, value) in headers)
                response.Headers.TryAddWithoutValidation(name, value);
            return response;
        });
        return this;
    }

    public Server BreakOff()
    {
        _answers.Enqueue(() => throw new HttpRequestException("reset"));
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await ReadAsync(request.Content, cancellationToken);
        Asked.Add(($"{request.Method} {request.RequestUri!.PathAndQuery}", body, request.Headers.TryGetValues("Authorization", out var values) ? values.Single() : null));
        return _answers.Dequeue()();
    }

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
