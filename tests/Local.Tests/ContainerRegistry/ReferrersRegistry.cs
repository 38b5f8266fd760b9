using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Local.Tests.ContainerRegistry;

/// <summary>
/// A registry in memory that has what Debian's has not: the referrers API, with entity tags (OCI distribution specification 1.1). Takes pushes of
/// skopeo and of whoever speaks the protocol; counts what it was asked.
/// </summary>
public sealed partial class ReferrersRegistry : IAsyncDisposable
{
    private const string Index = "application/vnd.oci.image.index.v1+json";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (string Type, byte[] Bytes)> _content = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _tags = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MemoryStream> _uploads = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<object>> _referrers = new(StringComparer.Ordinal);
    private long _sent;

    private ReferrersRegistry(WebApplication app, string host) => (_app, Host) = (app, host);

    public string Host { get; }

    public Uri Endpoint => new($"http://{Host}");

    /// <summary>Status, method and path of each request.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Bytes of bodies.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Answers instead of the registry, where it says true.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public static async Task<ReferrersRegistry> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var host = $"127.0.0.1:{IoTBackend.Stack.FreePorts.Take(1)[0]}";
        builder.WebHost.UseKestrelCore().UseUrls($"http://{host}").ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null);
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var registry = new ReferrersRegistry(app, host);
        app.Map("{**path}", async context =>
        {
            if (registry.Instead is not { } instead || !await instead(context))
                await registry.AnswerAsync(context);
            registry.Requests.Enqueue($"{context.Response.StatusCode} {context.Request.Method} {context.Request.Path}");
        });
        await app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/v2/")
            return Task.CompletedTask;
        if (Uploads().IsMatch(path))
            return UploadAsync(context, path);
        if (Parts().Match(path) is not { Success: true } parts)
            return Refuse(context, 404);
        var (repository, kind, name) = (parts.Groups[1].Value, parts.Groups[2].Value, parts.Groups[3].Value);
        return (context.Request.Method, kind) switch
        {
            ("PUT", "manifests") => PutManifestAsync(context, repository, name),
            ("GET" or "HEAD", "manifests") => SendAsync(context, _tags.GetValueOrDefault($"{repository}:{name}", name)),
            ("GET" or "HEAD", "blobs") => SendAsync(context, name),
            ("GET", "referrers") => SendReferrersAsync(context, name),
            ("GET", "tags") => WriteAsync(context, "application/json", JsonSerializer.SerializeToUtf8Bytes(new
            {
                name = repository,
                tags = _tags.Keys.Where(t => t.StartsWith($"{repository}:", StringComparison.Ordinal)).Select(t => t[(repository.Length + 1)..]).Order(StringComparer.Ordinal),
            })),
            _ => Refuse(context, 405),
        };
    }

    private async Task UploadAsync(HttpContext context, string path)
    {
        var id = context.Request.Method == "POST" ? Guid.NewGuid().ToString("n") : path.Split('/')[^1];
        var upload = _uploads.GetOrAdd(id, _ => new());
        await context.Request.Body.CopyToAsync(upload);
        var location = $"{path[..(path.IndexOf("/uploads/", StringComparison.Ordinal) + "/uploads/".Length)]}{id}";
        if (context.Request.Query["digest"].FirstOrDefault() is { } digest)
        {
            if (DigestOf(upload.ToArray()) != digest)
            {
                await Refuse(context, 400);
                return;
            }

            _content[digest] = ("application/octet-stream", upload.ToArray());
            _uploads.TryRemove(id, out _);
            (context.Response.StatusCode, context.Response.Headers.Location) = (201, $"{path[..path.IndexOf("/uploads/", StringComparison.Ordinal)]}/{digest}");
            context.Response.Headers["Docker-Content-Digest"] = digest;
            return;
        }

        (context.Response.StatusCode, context.Response.Headers.Location, context.Response.Headers["Range"]) = (202, location, $"0-{Math.Max(0, upload.Length - 1)}");
    }

    private async Task PutManifestAsync(HttpContext context, string repository, string name)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (bytes, type) = (body.ToArray(), context.Request.ContentType ?? "");
        var digest = DigestOf(bytes);
        using var json = JsonDocument.Parse(bytes);
        _content[digest] = (type, bytes);
        if (name != digest)
            _tags[$"{repository}:{name}"] = digest;
        if (json.RootElement.TryGetProperty("subject", out var subject))
        {
            var artifactType = json.RootElement.TryGetProperty("artifactType", out var given) ? given.GetString() : json.RootElement.GetProperty("config").GetProperty("mediaType").GetString();
            _referrers.GetOrAdd(subject.GetProperty("digest").GetString()!, _ => []).Enqueue(new { mediaType = type, digest, size = bytes.Length, artifactType });
            context.Response.Headers["OCI-Subject"] = subject.GetProperty("digest").GetString();
        }

        (context.Response.StatusCode, context.Response.Headers.Location) = (201, $"/v2/{repository}/manifests/{digest}");
        context.Response.Headers["Docker-Content-Digest"] = digest;
    }

    private Task SendReferrersAsync(HttpContext context, string subject)
    {
        var list = JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, mediaType = Index, manifests = _referrers.GetValueOrDefault(subject)?.ToArray() ?? [] });
        return WriteAsync(context, Index, list);
    }

    private Task SendAsync(HttpContext context, string digest)
    {
        if (!_content.TryGetValue(digest, out var found))
            return Refuse(context, 404);
        context.Response.Headers["Docker-Content-Digest"] = digest;
        return WriteAsync(context, found.Type, found.Bytes);
    }

    private async Task WriteAsync(HttpContext context, string type, byte[] bytes)
    {
        var tag = $"\"{DigestOf(bytes)}\"";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = 304;
            return;
        }

        (context.Response.ContentType, context.Response.ContentLength) = (type, bytes.Length);
        if (context.Request.Method == "HEAD")
            return;
        Interlocked.Add(ref _sent, bytes.Length);
        await context.Response.Body.WriteAsync(bytes);
    }

    private static Task Refuse(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    [GeneratedRegex("^/v2/.+/blobs/uploads/[^/]*$")]
    private static partial Regex Uploads();

    [GeneratedRegex("^/v2/(.+)/(manifests|blobs|referrers|tags)/([^/]+)$")]
    private static partial Regex Parts();
}
