using System.Globalization;
using System.Text;
using System.Text.Json;
using IoTBackend.Agent.Host;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Telemetry;

/// <summary>
/// Readings that have not arrived: files of whole lines, named by their first number, the oldest of which goes when there are too many bytes. A line a
/// power cut tore is left out. A batch is one file, so that what was sent is what is deleted. What a full disk does not take is kept in memory, a little
/// of it: a device that says nothing would look dead.
/// </summary>
internal sealed class DiskBuffer : IDisposable
{
    /// <summary>Well below the 256 KiB the server takes.</summary>
    private const int MaxFile = 128 * 1024;

    /// <summary>Hours of heartbeats; the rest of the device needs the memory more.</summary>
    private const int MaxInMemory = 16 * 1024;

    private const string Extension = ".ndjson";

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly MemoryStream _memory = new();
    private FileStream? _open;

    public DiskBuffer(string folder, long maxBytes)
    {
        (_folder, _maxBytes) = (folder, maxBytes);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        NextSequence = Math.Max(ReadKeptSequence(), LastSequence() + 1);
    }

    private string SequenceFile => Path.Combine(_folder, "sequence");

    /// <summary>Of the next reading: goes on after a restart, so that no restart looks like a loss.</summary>
    public long NextSequence { get; private set; }

    /// <summary>Thrown away unsent since the start.</summary>
    public long DroppedBytes { get; private set; }

    /// <summary>True = it is on the disk; false = the disk does not take it, and it is kept until the agent ends.</summary>
    /// <param name="line">Carries <see cref="NextSequence"/>, which grows.</param>
    public bool Append(ReadOnlySpan<byte> line)
    {
        var written = true;
        try
        {
            Write(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            written = false;
            // What the disk took of the line stays at the end of its file.
            Close();
            Remember(line);
        }

        NextSequence++;
        return written;
    }

    private void Write(ReadOnlySpan<byte> line)
    {
        if (_open is { } full && full.Length + line.Length > MaxFile)
            Close();
        // A new file after every start: what the last one tore stays at the end of its file.
        _open ??= new(Path.Combine(_folder, NextSequence.ToString("D19", CultureInfo.InvariantCulture) + Extension),
            new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, BufferSize = 0, Share = FileShare.ReadWrite | FileShare.Delete });
        _open.Write(line);
        _open.Flush(flushToDisk: true);
        Trim();
    }

    private void Remember(ReadOnlySpan<byte> line)
    {
        if (_memory.Length + line.Length > MaxInMemory)
        {
            DroppedBytes += _memory.Length;
            _memory.SetLength(0);
        }

        _memory.Write(line);
    }

    /// <summary>The oldest readings; null = there are none.</summary>
    public Batch? Oldest()
    {
        foreach (var path in Files())
        {
            if (_open?.Name == path)
                Close();
            var bytes = File.ReadAllBytes(path);
            var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            if (whole > 0)
                return new(path, bytes.AsMemory(0, whole));
            File.Delete(path);
        }

        return _memory.Length > 0 ? new(null, _memory.ToArray()) : null;
    }

    public void Remove(Batch batch)
    {
        if (Sequences(batch.Lines.Span) is { } last)
            KeepSequence(last + 1);
        if (batch.Path is { } path)
            File.Delete(path);
        else
            _memory.SetLength(0);
    }

    private void KeepSequence(long next)
    {
        try
        {
            Disk.Replace(SequenceFile, Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk: the agent counts on in memory, and what has arrived is not sent for ever.
        }
    }

    public void Dispose()
    {
        Close();
        _memory.Dispose();
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }

    private void Trim()
    {
        var files = Files().Select(p => new FileInfo(p)).ToList();
        var total = files.Sum(f => f.Length);
        foreach (var oldest in files.SkipLast(1))
        {
            if (total <= _maxBytes)
                return;
            total -= oldest.Length;
            DroppedBytes += oldest.Length;
            oldest.Delete();
        }
    }

    private IEnumerable<string> Files() => Directory.EnumerateFiles(_folder, "*" + Extension).Order(StringComparer.Ordinal);

    private long ReadKeptSequence() =>
        File.Exists(SequenceFile) && long.TryParse(File.ReadAllText(SequenceFile), NumberStyles.None, CultureInfo.InvariantCulture, out var kept) ? kept : 0;

    private long LastSequence()
    {
        foreach (var path in Files().Reverse())
        {
            if (Sequences(File.ReadAllBytes(path)) is { } last)
                return last;
        }

        return -1;
    }

    /// <summary>The last number in whole lines; null = there is none.</summary>
    private static long? Sequences(ReadOnlySpan<byte> lines)
    {
        while (lines.LastIndexOf((byte)'\n') is var end and >= 0)
        {
            var start = lines[..end].LastIndexOf((byte)'\n') + 1;
            try
            {
                var reader = new Utf8JsonReader(lines[start..end]);
                using var json = JsonDocument.ParseValue(ref reader);
                if (Number(json.RootElement, "seq") is { } sequence)
                    return sequence;
            }
            catch (JsonException)
            {
                // A torn line; the one before it is whole.
            }

            lines = lines[..start];
        }

        return null;
    }
}

/// <param name="Path">Null = kept in memory alone.</param>
internal sealed record Batch(string? Path, ReadOnlyMemory<byte> Lines);
