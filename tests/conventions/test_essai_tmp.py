import sys; sys.path.insert(0,'/tmp/w')
exec(open('/tmp/w/conventions-essai.py').read())
