using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>
/// The few requests of the Table service that state storage sends, on rows in memory, in a process of its own. The storage
/// emulator goes through a whole table for one query and through a partition for one row: with 100,000 devices it measures itself.
/// </summary>
internal sealed partial class MemoryTables
{
    private const int PageSize = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, (string Json, string Tag)>> _partitions = new(StringComparer.Ordinal);
    private long _version;

    public static string ConnectionString(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName=bench;AccountKey={Convert.ToBase64String(new byte[32])};TableEndpoint=http://127.0.0.1:{port}/bench;";

    public static async Task<int> RunAsync(int port)
    {
        var app = Create(port);
        await app.RunAsync();
        return 0;
    }

    /// <param name="port">0 = a free one, once it has started.</param>
    public static WebApplication Create(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        app.MapFallback(new MemoryTables().AnswerAsync);
        return app;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var target = Uri.UnescapeDataString(context.Request.Path.Value!.Split('/')[^1]);
        var response = context.Response;
        string? answer;
        if (target == "$batch")
        {
            (response.StatusCode, response.ContentType) = (202, "multipart/mixed; boundary=batchresponse");
            answer = Batch(body);
        }
        else if (target == "Tables")
        {
            (response.StatusCode, response.ContentType) = (201, "application/json");
            answer = body;
        }
        else if (context.Request.Method == "GET" && !Keys().IsMatch(target))
        {
            (response.StatusCode, response.ContentType) = (200, "application/json;odata=minimalmetadata");
            answer = Query(target, context.Request.Query, response.Headers);
        }
        else
        {
            (response.StatusCode, var tag, answer) = One(context.Request.Method, target, context.Request.Headers.IfMatch.FirstOrDefault(), body);
            response.ContentType = answer is null ? null : "application/json";
            if (tag is not null)
                response.Headers.ETag = tag;
        }

        if (answer is not null)
            await response.WriteAsync(answer);
    }

    private string Batch(string body)
    {
        var actions = Parts().Split(body).Skip(1).Select(Parse).ToList();
        if (TableRules.OfBatch([.. actions.Select(a => (a.Partition, a.Row))], body.Length) is { } refusal)
            return Answer([(400, null, Error(refusal))]);
        lock (_lock)
        {
            // All or nothing: what one of them would be refused for is looked for before any is stored.
            foreach (var (action, at) in actions.Select((a, at) => (a, at)))
            {
                if (Judge(action) is { Status: >= 400 } refused)
                    return Answer([(refused.Status, null, Error($"{at}:{refused.Code}"))]);
            }

            return Answer([.. actions.Select(Apply)]);
        }
    }

    private static string Answer(IEnumerable<(int Status, string? Tag, string? Body)> parts)
    {
        var answers = new StringBuilder("--batchresponse\r\nContent-Type: multipart/mixed; boundary=changesetresponse\r\n\r\n");
        foreach (var (status, tag, error) in parts)
        {
            answers.Append(CultureInfo.InvariantCulture, $"--changesetresponse\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 {status} -\r\n");
            answers.Append(tag is null ? "" : $"ETag: {tag}\r\n").Append(error is null ? "\r\n\r\n" : $"Content-Type: application/json\r\n\r\n{error}\r\n");
        }

        return answers.Append("--changesetresponse--\r\n--batchresponse--\r\n").ToString();
    }

    private static Request Parse(string part)
    {
        var head = part.Split("\r\n\r\n", 2);
        var line = head[0].Split("\r\n")[0].Split(' ');
        var target = Uri.UnescapeDataString(new Uri(line[1]).AbsolutePath.Split('/')[^1]);
        return Request.Of(line[0], target, IfMatch().Match(head[0]) is { Success: true } match ? match.Groups[1].Value : null, head[1].Split("\r\n")[0]);
    }

    private (int Status, string? Tag, string? Body) One(string method, string target, string? ifMatch, string body)
    {
        var request = Request.Of(method, target, ifMatch, body);
        lock (_lock)
        {
            return Judge(request) is { Status: >= 400 } refused ? (refused.Status, null, Error(refused.Code)) : Apply(request);
        }
    }

    private (int Status, string Code) Judge(Request request)
    {
        var exists = Rows(request).TryGetValue(request.Row, out var stored);
        return request switch
        {
            { Method: "GET" or "DELETE" } when !exists => (404, "ResourceNotFound"),
            { Method: "POST" } when exists => (409, "EntityAlreadyExists"),
            { Method: "PUT", Tag: not null } when !exists => (404, "ResourceNotFound"),
            { Method: "PUT", Tag: not null and not "*" } when request.Tag != stored.Tag => (412, "UpdateConditionNotSatisfied"),
            { Method: "POST" or "PUT" } when TableRules.OfEntity(request.Partition, request.Row, request.Body) is { } refusal => (400, refusal),
            _ => (200, ""),
        };
    }

    private (int Status, string? Tag, string? Body) Apply(Request request)
    {
        var rows = Rows(request);
        if (request.Method == "GET")
            return (200, rows[request.Row].Tag, Tagged(rows[request.Row]));
        if (request.Method == "DELETE")
        {
            rows.Remove(request.Row);
            return (204, null, null);
        }

        var tag = string.Create(CultureInfo.InvariantCulture, $"W/\"{++_version}\"");
        rows[request.Row] = (request.Body, tag);
        return (204, tag, null);
    }

    private SortedDictionary<string, (string Json, string Tag)> Rows(Request request)
    {
        var key = $"{request.Table}/{request.Partition}";
        if (!_partitions.TryGetValue(key, out var rows))
            _partitions.Add(key, rows = new(StringComparer.Ordinal));
        return rows;
    }

    private string Query(string target, IQueryCollection query, IHeaderDictionary headers)
    {
        var filter = query["$filter"].ToString();
        var partition = Regex.Match(filter, "PartitionKey eq '([^']*)'").Groups[1].Value;
        string Bound(string name, string otherwise) => Regex.Match(filter, $"RowKey {name} '([^']*)'") is { Success: true } match ? match.Groups[1].Value : otherwise;
        var (from, to) = (query["NextRowKey"].FirstOrDefault() ?? Bound("ge", ""), Bound("le", "") is { Length: > 0 } last ? last + '\0' : Bound("lt", "~~"));
        var most = int.TryParse(query["$top"], out var top) ? Math.Min(top, PageSize) : PageSize;
        lock (_lock)
        {
            var table = target.Split('(')[0] + "/";
            var rows = partition.Length > 0 ? _partitions.GetValueOrDefault(table + partition) : _partitions.Where(p => p.Key.StartsWith(table, StringComparison.Ordinal)).SelectMany(p => p.Value);
            var found = rows?.Where(row => string.CompareOrdinal(row.Key, from) >= 0 && string.CompareOrdinal(row.Key, to) < 0).Take(most + 1).ToList() ?? [];
            if (found.Count > most)
                (headers["x-ms-continuation-NextPartitionKey"], headers["x-ms-continuation-NextRowKey"]) = (partition, found[most].Key);
            return $$"""{"value":[{{string.Join(',', found.Take(most).Select(row => Tagged(row.Value)))}}]}""";
        }
    }

    private static string Error(string code) =>
        $$"""{"odata.error":{"code":"{{code[(code.IndexOf(':', StringComparison.Ordinal) + 1)..]}}","message":{"lang":"en-US","value":"{{code}}"} } }""";

    private static string Tagged((string Json, string Tag) row) => $$"""{"odata.etag":{{JsonSerializer.Serialize(row.Tag)}},{{row.Json.AsSpan(1)}}""";

    private sealed record Request(string Method, string Table, string Partition, string Row, string? Tag, string Body)
    {
        public static Request Of(string method, string target, string? tag, string body)
        {
            var (partition, row) = Keys().Match(target) is { Success: true } keys ? (keys.Groups[2].Value, keys.Groups[3].Value) : KeysIn(body);
            return new(method, target.Split('(')[0], partition, row, tag, body);
        }

        private static (string, string) KeysIn(string body)
        {
            using var json = JsonDocument.Parse(body);
            return (json.RootElement.GetProperty("PartitionKey").GetString()!, json.RootElement.GetProperty("RowKey").GetString()!);
        }
    }

    [GeneratedRegex(@"(\w+)\(PartitionKey='([^']*)',\s*RowKey='([^']*)'\)")]
    private static partial Regex Keys();

    [GeneratedRegex(@"--changeset_[^\r]*\r\n(?:Content-[^\r]*\r\n)+\r\n")]
    private static partial Regex Parts();

    [GeneratedRegex(@"If-Match: ([^\r]*)", RegexOptions.IgnoreCase)]
    private static partial Regex IfMatch();
}
